// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Draws the curves of everything logged, but the speed of evaluations, into one PNG in {@code
 * loggingDir}, by default {@code outputDir}.
 *
 * <p>The picture is drawn after each checkpoint and at the end of training; a resumed run draws the
 * whole run. It is for reports and messages; to look into a run, use {@link HtmlReportCallback}.
 *
 * <p>Needs the optional library {@code org.knowm.xchart:xchart}; no display is needed. With several
 * processes the first of all draws. If the file cannot be written, the end of the run fails, and
 * before that it is a warning.
 */
public final class PlotCallback implements TrainerCallback {

  static final ReadyMade.Library XCHART =
      new ReadyMade.Library("org.knowm.xchart:xchart:4.0.3", "org.knowm.xchart.XYChart");

  private static final Logger LOG = LoggerFactory.getLogger(PlotCallback.class);

  private final String file;

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
    ReplacedFile.requireName("file", file);
    if (!file.endsWith(".png")) {
      throw new IllegalArgumentException("file must end in .png, but is \"" + file + "\"");
    }
    OptionalLibrary.require(XCHART, "PlotCallback");
    this.file = file;
  }

  @Override
  public void onSave(CallbackContext ctx, TrainerState state, TrainerControl control) {
    try {
      draw(ctx, state);
    } catch (IOException e) {
      LOG.warn("The plot {} cannot be written; the run goes on", target(ctx), e);
    }
  }

  @Override
  public void onTrainEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    try {
      draw(ctx, state);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "the plot " + target(ctx) + " cannot be written: " + e.getMessage(), e);
    }
  }

  private void draw(CallbackContext ctx, TrainerState state) throws IOException {
    List<CurveGroup> groups =
        CurveGroup.of(state.logHistory()).stream().filter(group -> !group.isSpeed()).toList();
    if (state.isWorldProcessZero() && !groups.isEmpty()) {
      Path folder = RunFolder.of(ctx.args());
      byte[] png = CurveImage.ofRun(RunName.of(ctx.args()), groups);
      ReplacedFile.write(folder, file, png);
    }
  }

  private Path target(CallbackContext ctx) {
    return RunFolder.of(ctx.args()).resolve(file);
  }
}
