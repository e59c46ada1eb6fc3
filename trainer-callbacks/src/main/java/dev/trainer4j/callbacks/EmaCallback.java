// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.args.NanPolicy;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.EvaluationWeights;
import dev.trainer4j.callback.NonFiniteUpdate;
import dev.trainer4j.callback.StatefulCallback;
import dev.trainer4j.callback.TensorCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.state.CallbackState;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.torch.MovingAverage;
import dev.trainer4j.torch.TorchFunctions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps an exponential moving average of the weights, which evaluates and is saved in their place.
 *
 * <p>After each update {@code average += (1 - decay) * (weights - average)}. Evaluations, predictions
 * and {@code saveModel} use the average; training goes on with the weights, exactly as without this
 * callback. A checkpoint has both: {@code model.safetensors} the weights, with which the optimizer's
 * state goes, and {@code ema.safetensors} the averages of the trainable parameters by the same names.
 * When training ends, the model has the average: with {@code loadBestModelAtEnd} that of the best
 * checkpoint, which earned the metric. It costs the memory of the parameters once more.
 *
 * <p>With {@link #warmUp} the decay is {@code min(decay, (1 + n) / (10 + n))} in update n, counted
 * from 0, so that the first weights are soon forgotten; the rule of {@code
 * tf.train.ExponentialMovingAverage} with its {@code num_updates}.
 */
public final class EmaCallback implements StatefulCallback, TensorCallback, EvaluationWeights {

  private static final Logger LOGGER = LoggerFactory.getLogger(EmaCallback.class);
  private static final String UPDATES = "updates";

  private final double decay;
  private final boolean warmUp;
  private List<String> names = List.of();
  private @Nullable MovingAverage average;
  private long updates;
  private boolean skipped;
  private int borrowers;

  /**
   * Averages with a fixed decay.
   *
   * @param decay share of the average that stays in each update, in [0, 1); such as 0.999
   */
  public EmaCallback(double decay) {
    this(decay, false);
  }

  private EmaCallback(double decay, boolean warmUp) {
    if (!(decay >= 0 && decay < 1)) {
      throw new IllegalArgumentException("decay must be in [0, 1), such as 0.999, but is " + decay);
    }
    this.decay = decay;
    this.warmUp = warmUp;
  }

  /** Averages with a decay that rises to {@code decay}. */
  public static EmaCallback warmUp(double decay) {
    return new EmaCallback(decay, true);
  }

  @Override
  public String stateKey() {
    return "EmaCallback";
  }

  @Override
  public CallbackState state() {
    return new CallbackState(Map.of("decay", decay, "warm_up", warmUp), Map.of(UPDATES, updates));
  }

  @Override
  public void restore(CallbackState state) {
    if (!(state.attributes().get(UPDATES) instanceof Number saved)) {
      throw new IllegalArgumentException(
          "the saved state of " + stateKey() + " has no number " + UPDATES + ": " + state);
    }
    updates = saved.longValue();
  }

  @Override
  public String tensorFile() {
    return "ema";
  }

  @Override
  public Map<String, NDArray> tensors() {
    Map<String, NDArray> tensors = new LinkedHashMap<>();
    if (average != null) {
      List<NDArray> averages = average.averages();
      for (int i = 0; i < names.size(); i++) {
        tensors.put(names.get(i), averages.get(i));
      }
    }
    return tensors;
  }

  @Override
  public void restoreTensors(CallbackContext ctx, Map<String, NDArray> saved) {
    // Also when there is an average: the model may have new arrays since, as a TorchScript model
    // whose
    // module was loaded anew.
    start(ctx);
    Map<String, NDArray> mine = tensors();
    if (!mine.keySet().equals(saved.keySet())) {
      throw new IllegalArgumentException(
          "ema.safetensors has "
              + saved.keySet()
              + ", but the trainable parameters are "
              + mine.keySet()
              + "; resume with the model that wrote it");
    }
    mine.forEach(
        (name, array) -> {
          NDArray value = saved.get(name);
          if (value == null || !value.getShape().equals(array.getShape())) {
            throw new IllegalArgumentException(
                "ema.safetensors has " + name + " as " + value + ", expected " + array.getShape());
          }
        });
    TorchFunctions.copy(
        List.copyOf(mine.values()), mine.keySet().stream().map(saved::get).toList());
  }

  @Override
  public void onTrainBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    skipped = false;
    borrowers = 0;
    if (state.globalStep() > 0 && average != null) {
      return; // restored
    }
    if (state.globalStep() > 0) {
      LOGGER.warn("The checkpoint has no ema.safetensors: the average starts from its weights.");
    }
    updates = 0;
    start(ctx);
  }

  private void start(CallbackContext ctx) {
    release();
    List<NamedParameter> parameters = ctx.model().parameters();
    names = parameters.stream().map(NamedParameter::name).toList();
    average = new MovingAverage(parameters.stream().map(NamedParameter::array).toList());
  }

  @Override
  public void onNonFinite(
      CallbackContext ctx, TrainerState state, TrainerControl control, NonFiniteUpdate update) {
    skipped = update.policy() == NanPolicy.SKIP;
  }

  @Override
  public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    if (average != null && !skipped) {
      average.update(1 - decayNow());
      updates++;
    }
    skipped = false;
  }

  private double decayNow() {
    return warmUp ? Math.min(decay, (1.0 + updates) / (10.0 + updates)) : decay;
  }

  // A callback may save the model in the middle of an evaluation.

  @Override
  public void lend(CallbackContext ctx) {
    if (average != null && borrowers++ == 0) {
      average.swap();
    }
  }

  @Override
  public void giveBack(CallbackContext ctx) {
    if (average != null && --borrowers == 0) {
      average.swap();
    }
  }

  @Override
  public void onTrainEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    if (average != null) {
      average.swap();
    }
    release();
  }

  @Override
  public void onTrainError(CallbackContext ctx, TrainerState state, Throwable error) {
    release();
  }

  private void release() {
    if (average != null) {
      average.close();
      average = null;
    }
  }
}
