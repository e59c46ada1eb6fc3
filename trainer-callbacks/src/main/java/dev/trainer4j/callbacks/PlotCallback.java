// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;

/**
 * Draws the curves of everything logged, but the speed of evaluations, into one PNG in {@code
 * loggingDir}, by default {@code outputDir}.
 *
 * <p>The picture is drawn after a checkpoint, if the last one is older than an interval, by default ten seconds,
 * and at the end of training; a resumed run draws the whole run. Training keeps at least 99% of the time. It is for
 * reports and messages; to look into a run, use {@link HtmlReportCallback}.
 *
 * <p>Needs the optional library {@code org.knowm.xchart:xchart:4.0.3}; no display is needed. With several
 * processes the first of all draws. A folder that cannot be written and a library that does not fit end the run when
 * it begins; later that is a warning.
 */
public final class PlotCallback implements TrainerCallback {

  static final OptionalLibrary XCHART =
      new OptionalLibrary("org.knowm.xchart:xchart:4.0.3", "org.knowm.xchart.XYChart");

  private static final Duration INTERVAL = Duration.ofSeconds(10);

  /** A picture takes a while; training keeps at least 99% of the time. */
  private static final long SHARE = 100;

  private final RunFile file;
  private final Duration interval;
  private long next;

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
    this(file, INTERVAL);
  }

  /**
   * Draws a file of this name in {@code loggingDir}, by default {@code outputDir}.
   *
   * @param file a name that ends in {@code .png}, without a folder
   * @param interval the shortest time between two pictures of a run, but for the last; at least one second
   * @throws IllegalStateException if the library is not on the class path
   */
  public PlotCallback(String file, Duration interval) {
    if (interval.compareTo(Duration.ofSeconds(1)) < 0) {
      throw new IllegalArgumentException(
          "interval must be at least one second, but is " + interval);
    }
    this.interval = interval;
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
      long start = System.nanoTime();
      tryLibrary();
      planNext(start);
    }
  }

  /** Draws something: a library that does not fit would end the run at its first checkpoint. */
  private static void tryLibrary() {
    Curve curve = new Curve("loss");
    curve.add(1, 1);
    curve.add(2, 0.5);
    List<CurveGroup> groups = List.of(new CurveGroup("loss", List.of(curve)));
    byte[] unused =
        XCHART.linked(
            "PlotCallback",
            () -> {
              try {
                return CurveImage.ofRun("", groups);
              } catch (IOException e) {
                throw new UncheckedIOException("a picture cannot be drawn: " + e, e);
              }
            });
  }

  @Override
  public void onSave(CallbackContext ctx, TrainerState state, TrainerControl control) {
    if (System.nanoTime() - next >= 0) {
      draw(ctx, state);
    }
  }

  @Override
  public void onTrainEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    draw(ctx, state);
  }

  private void planNext(long start) {
    long end = System.nanoTime();
    next = end + Math.max(interval.toNanos(), SHARE * (end - start));
  }

  private void draw(CallbackContext ctx, TrainerState state) {
    List<CurveGroup> groups =
        CurveGroup.of(state.logHistory()).stream().filter(group -> !group.isSpeed()).toList();
    if (state.isWorldProcessZero() && !groups.isEmpty()) {
      long start = System.nanoTime();
      boolean interrupted = Thread.currentThread().isInterrupted();
      file.replace(ctx.args(), () -> CurveImage.ofRun(RunName.of(ctx.args()), groups));
      if (interrupted) {
        Thread.currentThread().interrupt(); // Java's own drawing forgets it.
      }
      planNext(start);
    }
  }
}
