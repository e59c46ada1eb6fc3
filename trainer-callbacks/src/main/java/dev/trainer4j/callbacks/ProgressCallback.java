// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.DataLoader;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import java.io.PrintStream;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Shows a bar over the updates of a training, with the time left, the loss and the learning rate.
 *
 * <pre>
 * epoch 2.00, step 530: eval_loss 0.7107, eval_accuracy 0.8431
 * train  45% |█████████▎          | 715/1590 (0:00:20 / 0:00:24) loss 0.5512, lr 0.00275
 * </pre>
 *
 * <p>Metrics of evaluations, without their speed, and the summary are printed above the bar. An evaluation that takes
 * longer has a bar of its own, in the same line, which goes when it is over. Without a terminal, where
 * the host's logging backend lets this library's lines for debugging through, and on all processes but
 * the first, nothing is shown at all; {@link PrinterCallback} is for that.
 *
 * <p>The bar ends with the training, and shortly after a training that fails.
 */
public final class ProgressCallback implements TrainerCallback, AutoCloseable {

  private static final long SHORT_EVALUATION = TimeUnit.MILLISECONDS.toNanos(500);

  private final PrintStream out;
  private final boolean visible;
  private final boolean allLines;

  private @Nullable ConsoleBar training;
  private @Nullable ConsoleBar evaluation;
  private long evaluated;
  private long evaluationStart;

  /** Shows bars on {@link System#out}, if that is a terminal. */
  public ProgressCallback() {
    this(new Builder());
  }

  private ProgressCallback(Builder builder) {
    out = builder.out;
    visible = builder.force || Terminal.suitsBars();
    allLines = builder.allLines;
  }

  /** Returns bars where they can be shown, and a {@link PrinterCallback} elsewhere. */
  public static TrainerCallback orPrinter() {
    return orPrinter(System.out);
  }

  /**
   * Returns bars where they can be shown, and a {@link PrinterCallback} elsewhere.
   *
   * @param out where to draw or print; stays open
   */
  public static TrainerCallback orPrinter(PrintStream out) {
    return Terminal.suitsBars() ? builder().out(out).build() : new PrinterCallback(out);
  }

  /** Starts a callback with other settings. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public void onTrainBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    close();
    if (visible && state.isWorldProcessZero()) {
      BooleanSupplier alive = () -> ctx.optimizer().isPresent();
      training = new ConsoleBar("train", state.globalStep(), state.maxSteps(), line(alive, true));
    }
  }

  @Override
  public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    if (training != null) {
      training.stepTo(state.globalStep());
    }
  }

  @Override
  public void onPredictionStep(CallbackContext ctx, TrainerState state, TrainerControl control) {
    if (!visible || !state.isWorldProcessZero()) {
      return;
    }
    if (evaluated == 0) {
      evaluationStart = System.nanoTime();
    }
    evaluated++;
    if (evaluation == null && System.nanoTime() - evaluationStart > SHORT_EVALUATION) {
      showEvaluation(ctx);
    }
    if (evaluation != null) {
      evaluation.stepTo(evaluated);
    }
  }

  private void showEvaluation(CallbackContext ctx) {
    if (training != null) {
      training.hide(true);
    }
    long batches =
        ctx.evalDataLoader().map(DataLoader::batchesPerEpoch).map(n -> n.orElse(-1)).orElse(-1L);
    BooleanSupplier alive = () -> ctx.evalDataLoader().isPresent();
    evaluation = new ConsoleBar("eval", 0, batches, line(alive, false));
  }

  @Override
  public void onLog(
      CallbackContext ctx, TrainerState state, TrainerControl control, LogEntry logs) {
    endEvaluation();
    if (training == null) {
      return;
    }
    if (logs.value("loss").isPresent()) {
      training.message(lossAndRate(logs));
    }
    if (logs.value("train_runtime").isPresent()) {
      // What the trainer logs from here on, such as loading the best model, finds no bar.
      close();
      out.println(LogLine.of(logs));
    } else if (allLines || logs.value("loss").isEmpty()) {
      training.println(LogLine.withoutSpeed(logs));
    }
  }

  private static String lossAndRate(LogEntry logs) {
    String loss = "loss " + LogLine.number(logs.value("loss").orElse(Double.NaN));
    return logs.value("learning_rate").isPresent()
        ? loss + ", lr " + LogLine.number(logs.value("learning_rate").getAsDouble())
        : loss;
  }

  @Override
  public void onEvaluate(
      CallbackContext ctx,
      TrainerState state,
      TrainerControl control,
      Map<String, Double> metrics) {
    endEvaluation();
  }

  @Override
  public void onPredict(
      CallbackContext ctx,
      TrainerState state,
      TrainerControl control,
      Map<String, Double> metrics) {
    endEvaluation();
  }

  @Override
  public void onTrainEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    close();
  }

  private void endEvaluation() {
    evaluated = 0;
    if (evaluation != null) {
      evaluation.close();
      evaluation = null;
      if (training != null) {
        training.hide(false);
      }
    }
  }

  /** Ends the bars that are shown, if any; the callback can be used again. */
  @Override
  public void close() {
    endEvaluation();
    if (training != null) {
      training.close();
      training = null;
    }
  }

  private BarLine line(BooleanSupplier alive, boolean stays) {
    return new BarLine(out, Terminal.width(), alive, stays);
  }

  /** Settings of a {@link ProgressCallback}. */
  public static final class Builder {

    private PrintStream out = System.out;
    private boolean force;
    private boolean allLines;

    private Builder() {}

    /** Sets where to draw; stays open. By default {@link System#out}. */
    public Builder out(PrintStream stream) {
      out = stream;
      return this;
    }

    /** Shows bars even if there is no terminal, such as in the console of an IDE, or the host logs a lot. */
    public Builder force(boolean always) {
      force = always;
      return this;
    }

    /** Prints the lines of the training too, which otherwise only stand in the bar. */
    public Builder allLines(boolean all) {
      allLines = all;
      return this;
    }

    /** Makes the callback. */
    public ProgressCallback build() {
      return new ProgressCallback(this);
    }
  }
}
