// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.TrainerState;
import java.util.List;

/**
 * Draws the curves of everything logged, but the speed of evaluations, into one PNG in {@code
 * loggingDir}, by default {@code outputDir}.
 *
 * <p>The picture is drawn after each checkpoint and at the end of training; a resumed run draws the
 * whole run. It is for reports and messages; to look into a run, use {@link HtmlReportCallback}.
 *
 * <p>Needs the optional library {@code org.knowm.xchart:xchart}; no display is needed. With several
 * processes the first of all draws. A folder that cannot be written when training begins ends the run;
 * later that is a warning.
 */
public final class PlotCallback implements TrainerCallback {

  static final OptionalLibrary XCHART =
      new OptionalLibrary("org.knowm.xchart:xchart:4.0.3", "org.knowm.xchart.XYChart");

  private final RunFile file;

  /**
   * Draws {@code plot.png}.
   *
   * @throws IllegalStateException if the library is not on the class path
   */
  public PlotCallback() {
    this("plot.png");
  }

  /**
   * Draws a file of this name in {@code loggingDir}, by default {@code outputDir}.
   *
   * @param file a name that ends in {@code .png}, without a folder
   * @throws IllegalStateException if the library is not on the class path
   */
  public PlotCallback(String file) {
    RunFile.requireName("file", file);
    if (!file.endsWith(".png")) {
      throw new IllegalArgumentException("file must end in .png, but is \"" + file + "\"");
    }
    XCHART.require("PlotCallback");
    this.file = new RunFile(file);
  }

  @Override
  public void onTrainBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    if (state.isWorldProcessZero()) {
      file.begin(ctx.args());
    }
  }

  @Override
  public void onSave(CallbackContext ctx, TrainerState state, TrainerControl control) {
    draw(ctx, state);
  }

  @Override
  public void onTrainEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    draw(ctx, state);
  }

  private void draw(CallbackContext ctx, TrainerState state) {
    List<CurveGroup> groups =
        CurveGroup.of(state.logHistory()).stream().filter(group -> !group.isSpeed()).toList();
    if (state.isWorldProcessZero() && !groups.isEmpty()) {
      boolean interrupted = Thread.currentThread().isInterrupted();
      file.replace(ctx.args(), () -> CurveImage.ofRun(RunName.of(ctx.args()), groups));
      if (interrupted) {
        Thread.currentThread().interrupt(); // Java's own drawing forgets it.
      }
    }
  }
}
