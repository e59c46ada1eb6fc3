// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.LoopTimes;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.state.TrainerState;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Adds to each log line of training how fast it goes and what the time is spent on.
 *
 * <table>
 * <caption>Values, each over the updates since the line before</caption>
 * <tr><td>{@code samples_per_second}</td><td>evaluations and checkpoints do not count as time</td></tr>
 * <tr><td>{@code tokens_per_second}</td><td>padding included; if there are tokens</td></tr>
 * <tr><td>{@code data_wait_share}</td><td>share of the time that went by waiting for batches, in [0, 1]</td></tr>
 * <tr><td>{@code compute_share}</td><td>share of forward, backward and update, in [0, 1]</td></tr>
 * <tr><td>{@code flops_per_second}</td><td>floating point operations of the model</td></tr>
 * <tr><td>{@code flops_share}</td><td>share of what the device can do, in [0, 1]: model FLOPs
 * utilization</td></tr>
 * </table>
 *
 * <p>What the device can do is measured once, in {@code onTrainBegin}, by multiplying large float32
 * matrices for about a fifth of a second; {@link Builder#peakFlops} gives the figure instead. The
 * model's operations are taken as 6 for each trainable parameter and token: 2 in the forward pass, 2 for the
 * gradient of the activations, 2 for that of the weight (Kaplan et al. 2020, "Scaling Laws for Neural Language
 * Models", section 2.1). A frozen one takes 4, and one before the first that is trainable 2, as backward ends there.
 * Embeddings take none: a table is looked up and multiplied with nothing. Where there are no tokens, samples are
 * counted. That fits models that are mostly matrix products; for others give {@link Builder#flops}.
 */
public final class ThroughputCallback implements TrainerCallback {

  private static final String TOKENS = "input_ids";

  private final ToLongFunction<ModelInputs> tokenCount;
  private final @Nullable ToDoubleFunction<ModelInputs> flopCount;
  private final double givenPeak;

  private double peak;
  private double flopsPerUnit;
  private long tokens;
  private double flops;

  /** Of the update in progress, which may have to begin again. */
  private long updateTokens;

  private double updateFlops;
  private @Nullable LoopTimes windowTimes;
  private long windowStart;

  /** Counts tokens in the input {@code input_ids} and measures the peak. */
  public ThroughputCallback() {
    this(new Builder());
  }

  private ThroughputCallback(Builder builder) {
    tokenCount = builder.tokens;
    flopCount = builder.flops;
    givenPeak = builder.peak;
  }

  /** Starts a callback with settings of its own. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public void onTrainBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    if (peak == 0) {
      peak = givenPeak > 0 ? givenPeak : MatmulProbe.flopsPerSecond(ctx.model().manager());
    }
    flopsPerUnit = operations(ctx.model());
    windowTimes = null;
  }

  /** Of a token, forward and backward; tensors are in the order in which a pass meets them. */
  private static double operations(TrainableModel model) {
    Set<String> trainable =
        model.parameters().stream().map(NamedParameter::name).collect(Collectors.toSet());
    double sum = 0;
    boolean met = false;
    for (Map.Entry<String, NDArray> tensor : model.state().entrySet()) {
      boolean trains = trainable.contains(tensor.getKey());
      // An adapter comes last, and learns where the layer is that it belongs to.
      String module = tensor.getKey().replaceAll("\\.[^.]+$", "") + ".";
      met |= trains || trainable.stream().anyMatch(name -> name.startsWith(module));
      if (!model.isLookup(tensor.getKey())) {
        sum += (trains ? 6.0 : met ? 4.0 : 2.0) * tensor.getValue().size();
      }
    }
    return sum;
  }

  @Override
  public void onStepBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    if (windowTimes == null) {
      begin(ctx.times().orElse(LoopTimes.ZERO));
    }
    updateTokens = 0;
    updateFlops = 0;
  }

  private void begin(LoopTimes now) {
    windowTimes = now;
    windowStart = System.nanoTime();
    tokens = 0;
    flops = 0;
    updateTokens = 0;
    updateFlops = 0;
  }

  @Override
  public void onSubstepBegin(
      CallbackContext ctx, TrainerState state, TrainerControl control, ModelInputs inputs) {
    updateTokens += tokenCount.applyAsLong(inputs);
    if (flopCount != null) {
      updateFlops += flopCount.applyAsDouble(inputs);
    }
  }

  @Override
  public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    tokens += updateTokens;
    flops += updateFlops;
  }

  @Override
  public void onPreLog(CallbackContext ctx, TrainerState state, TrainerControl control) {
    LoopTimes before = windowTimes;
    if (before == null) {
      return;
    }
    LoopTimes now = ctx.times().orElse(LoopTimes.ZERO);
    LoopTimes here = now.minus(before);
    double nanos = System.nanoTime() - windowStart - here.evaluationNanos() - here.savingNanos();
    if (here.updates() == 0 || nanos <= 0) {
      return;
    }
    double seconds = nanos / 1e9;
    control.addToLog("samples_per_second", here.samples() / seconds);
    if (tokens > 0) {
      control.addToLog("tokens_per_second", tokens / seconds);
    }
    control.addToLog("data_wait_share", here.dataWaitNanos() / nanos);
    control.addToLog(
        "compute_share", (here.forwardBackwardNanos() + here.optimizerNanos()) / nanos);
    double done = flopCount == null ? flopsPerUnit * (tokens > 0 ? tokens : here.samples()) : flops;
    control.addToLog("flops_per_second", done / seconds);
    control.addToLog("flops_share", done / seconds / peak);
    begin(now);
  }

  /** Settings of a {@link ThroughputCallback}. */
  public static final class Builder {

    private ToLongFunction<ModelInputs> tokens =
        inputs -> inputs.find(TOKENS).map(NDArray::size).orElse(0L);
    private @Nullable ToDoubleFunction<ModelInputs> flops;
    private double peak;

    private Builder() {}

    /** Counts the tokens of a micro batch; by default the size of {@code input_ids}, or 0. */
    public Builder tokens(ToLongFunction<ModelInputs> count) {
      tokens = count;
      return this;
    }

    /** Counts the floating point operations of a micro batch, forward and backward. */
    public Builder flops(ToDoubleFunction<ModelInputs> count) {
      flops = count;
      return this;
    }

    /** Gives the device's floating point operations per second, which are not measured then. */
    public Builder peakFlops(double perSecond) {
      if (!(perSecond > 0) || Double.isInfinite(perSecond)) {
        throw new IllegalArgumentException(
            "peakFlops must be a number of operations per second above 0, but is " + perSecond);
      }
      peak = perSecond;
      return this;
    }

    /** Makes the callback. */
    public ThroughputCallback build() {
      return new ThroughputCallback(this);
    }
  }
}
