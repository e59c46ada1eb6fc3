// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a report of the run: one HTML file in {@code loggingDir}, by default {@code outputDir},
 * that needs no network.
 *
 * <p>It shows the curves of everything logged, with zoom and hover; evaluations, checkpoints,
 * arguments and environment. The file is replaced as a whole while the run goes on, and an open
 * page reloads itself. A resumed run continues the report, whose curves are the log history of the
 * checkpoint.
 *
 * <pre>{@code
 * .callback(new HtmlReportCallback())
 * .callback(HtmlReportCallback.builder().file("run-7.html").interval(Duration.ofMinutes(1)).build())
 * }</pre>
 *
 * <p>With several processes the first of all writes. A file that cannot be written when training
 * begins ends the run; later it is a warning, and the next interval tries again.
 */
public final class HtmlReportCallback implements TrainerCallback {

  /** The report of a long history takes long to write; training keeps at least 99% of the time. */
  private static final long SHARE = 100;

  private final @Nullable String title;
  private final RunFile file;
  private final Duration interval;

  private @Nullable ReportClock clock;
  private long next;

  /** Makes a report called {@code report.html}, replaced every ten seconds. */
  public HtmlReportCallback() {
    this(new Builder());
  }

  private HtmlReportCallback(Builder builder) {
    title = builder.title;
    file = new RunFile(builder.file);
    interval = builder.interval;
  }

  /** Starts from the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public void onTrainBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    if (!state.isWorldProcessZero()) {
      return;
    }
    clock = ReportClock.start(state.globalStep());
    long start = System.nanoTime();
    file.begin(ctx.args(), () -> page(ctx, state));
    planNext(start);
  }

  @Override
  public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    refreshIfDue(ctx, state);
  }

  @Override
  public void onPredictionStep(CallbackContext ctx, TrainerState state, TrainerControl control) {
    refreshIfDue(ctx, state);
  }

  @Override
  public void onLog(
      CallbackContext ctx, TrainerState state, TrainerControl control, LogEntry logs) {
    refreshIfDue(ctx, state);
  }

  /** An evaluation after the run is still about the run. */
  @Override
  public void onEvaluate(
      CallbackContext ctx,
      TrainerState state,
      TrainerControl control,
      Map<String, Double> metrics) {
    if (clock != null && clock.isStopped()) {
      refresh(ctx, state);
    }
  }

  @Override
  public void onTrainEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    stop(ctx, state, false);
  }

  @Override
  public void onTrainError(CallbackContext ctx, TrainerState state, Throwable error) {
    stop(ctx, state, true);
  }

  private void stop(CallbackContext ctx, TrainerState state, boolean failed) {
    if (clock != null) {
      clock = clock.stop(failed);
      refresh(ctx, state);
    }
  }

  private void refreshIfDue(CallbackContext ctx, TrainerState state) {
    if (clock != null && !clock.isStopped() && System.nanoTime() - next >= 0) {
      refresh(ctx, state);
    }
  }

  private void refresh(CallbackContext ctx, TrainerState state) {
    long start = System.nanoTime();
    file.replace(ctx.args(), () -> page(ctx, state));
    planNext(start);
  }

  private byte[] page(CallbackContext ctx, TrainerState state) throws IOException {
    String name = title != null ? title : RunName.of(ctx.args());
    return new ReportPage(name, interval)
        .render(ctx, state, Objects.requireNonNull(clock))
        .getBytes(UTF_8);
  }

  private void planNext(long start) {
    long end = System.nanoTime();
    next = end + Math.max(interval.toNanos(), SHARE * (end - start));
  }

  /** Settings of an {@link HtmlReportCallback}. */
  public static final class Builder {

    private @Nullable String title;
    private String file = "report.html";
    private Duration interval = Duration.ofSeconds(10);

    private Builder() {}

    /** Sets the heading; by default {@code runName}, or else the name of the output folder. */
    public Builder title(String title) {
      this.title = title;
      return this;
    }

    /** Sets the file's name in {@code loggingDir}, by default {@code outputDir}; by default {@code report.html}. */
    public Builder file(String name) {
      file = name;
      return this;
    }

    /**
     * Sets how often at most the file is replaced, and a page reloads itself; at least a second. A file that
     * takes longer than a hundredth of that to write is replaced less often.
     */
    public Builder interval(Duration interval) {
      this.interval = interval;
      return this;
    }

    /**
     * Makes the callback.
     *
     * @throws IllegalArgumentException if a setting is out of its range
     */
    public HtmlReportCallback build() {
      RunFile.requireName("file", file);
      if (interval.compareTo(Duration.ofSeconds(1)) < 0) {
        throw new IllegalArgumentException(
            "interval must be at least one second, but is " + interval);
      }
      return new HtmlReportCallback(this);
    }
  }
}
