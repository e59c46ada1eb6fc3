// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes something go wrong at a chosen point of a run, so that you can test what your program does
 * about it.
 *
 * <pre>{@code
 * .callback(FaultInjectionCallback.at(5, Event.SAVE).fail(() -> new IllegalStateException("disk")))
 * .callback(FaultInjectionCallback.at(7, Event.STEP_END).halt(137))       // as kill -9
 * .callback(FaultInjectionCallback.nanGradient(3, "fc1.weight"))
 * }</pre>
 *
 * <p>The step is that of the update, counted from 1: the one in progress, or for {@code STEP_END} and
 * what follows it the last one done. It happens once in the callback's life. Not for production.
 */
public class FaultInjectionCallback implements TrainerCallback {

  /** Where a fault can happen. */
  public enum Event {
    /** Before the first micro batch of the update. */
    STEP_BEGIN,
    /** Before the forward pass of the update's first micro batch. */
    SUBSTEP_BEGIN,
    /** After the first micro batch, if it is not the last. */
    SUBSTEP_END,
    /** After clipping, before the parameters change. */
    PRE_OPTIMIZER_STEP,
    /** After the parameters have changed. */
    OPTIMIZER_STEP,
    /** After the update. */
    STEP_END,
    /** With the log line after the update. */
    LOG,
    /** After the evaluation that follows the update. */
    EVALUATE,
    /** After the checkpoint that follows the update. */
    SAVE,
    /** At the end of the epoch whose last update it was. */
    EPOCH_END
  }

  /** What happens. */
  private interface Fault {
    void happen(CallbackContext ctx, @Nullable ModelInputs inputs);
  }

  /** A point of a run; choose what happens there. */
  public static final class Point {
    private final long step;
    private final Event event;

    private Point(long step, Event event) {
      this.step = step;
      this.event = event;
    }

    /** Throws an exception; the run ends with a {@code CallbackException} that has it as its cause. */
    public FaultInjectionCallback fail(Supplier<? extends RuntimeException> error) {
      return with(
          (ctx, inputs) -> {
            throw error.get();
          });
    }

    /** Throws an {@link OutOfMemoryError}, as an allocation on the Java heap would. */
    public FaultInjectionCallback outOfMemory() {
      return with(
          (ctx, inputs) -> {
            throw new OutOfMemoryError("injected in step " + step);
          });
    }

    /** Ends the JVM at once with this status: no shutdown hooks, no {@code finally}. */
    public FaultInjectionCallback halt(int status) {
      return with((ctx, inputs) -> Runtime.getRuntime().halt(status));
    }

    /** Lets the run wait; an interrupt ends the wait and is kept. */
    public FaultInjectionCallback delay(Duration time) {
      return with(
          (ctx, inputs) -> {
            try {
              Thread.sleep(time.toMillis());
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          });
    }

    private FaultInjectionCallback with(Fault fault) {
      boolean inside = event == Event.PRE_OPTIMIZER_STEP || event == Event.OPTIMIZER_STEP;
      return inside ? new InsideUpdate(this, fault) : new FaultInjectionCallback(this, fault);
    }
  }

  private final Point point;
  private final Fault fault;
  private boolean happened;

  private FaultInjectionCallback(Point point, Fault fault) {
    this.point = point;
    this.fault = fault;
  }

  /** Chooses a point: the update, counted from 1, and the event. */
  public static Point at(long step, Event event) {
    if (step < 1) {
      throw new IllegalArgumentException("step is counted from 1, but is " + step);
    }
    return new Point(step, event);
  }

  /**
   * Makes the loss of an update NaN, by writing NaN into a float input of its first micro batch.
   *
   * @param input its name, such as {@code pixel_values}
   */
  public static FaultInjectionCallback nanInput(long step, String input) {
    return at(step, Event.SUBSTEP_BEGIN)
        .with(
            (ctx, inputs) -> {
              if (inputs == null) {
                throw new IllegalStateException("no inputs at " + Event.SUBSTEP_BEGIN);
              }
              NDArray array = inputs.get(input);
              if (array.getDataType() != DataType.FLOAT32
                  && array.getDataType() != DataType.FLOAT64) {
                throw new IllegalArgumentException(
                    "input '"
                        + input
                        + "' is of type "
                        + array.getDataType()
                        + ", which has no NaN; name a float input, or use nanGradient");
              }
              array.muli(Float.NaN);
            });
  }

  /**
   * Makes the gradient of a parameter NaN in an update.
   *
   * @param step at least 2: before the first update there is no gradient to write into
   * @param parameter its name
   */
  public static FaultInjectionCallback nanGradient(long step, String parameter) {
    if (step < 2) {
      throw new IllegalArgumentException(
          "nanGradient works from step 2 on, because before the first update there is no gradient"
              + " to write into, but step is "
              + step);
    }
    return at(step, Event.SUBSTEP_BEGIN)
        .with(
            (ctx, inputs) -> {
              NamedParameter named =
                  ctx.model().parameters().stream()
                      .filter(candidate -> candidate.name().equals(parameter))
                      .findFirst()
                      .orElseThrow(
                          () ->
                              new IllegalArgumentException(
                                  "there is no parameter '"
                                      + parameter
                                      + "'; the model has "
                                      + ctx.model().parameters().stream()
                                          .map(NamedParameter::name)
                                          .toList()));
              // Gradients add up: what is NaN now is NaN after the backward pass.
              try (ArrayScope scope = ArrayScope.open();
                  Autograd.Recording off = Autograd.record(false)) {
                named.array().getGradient().addi(Float.NaN);
              }
            });
  }

  final void reach(Event event, long step, CallbackContext ctx, @Nullable ModelInputs inputs) {
    if (!happened && point.event == event && point.step == step) {
      happened = true;
      fault.happen(ctx, inputs);
    }
  }

  @Override
  public void onStepBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    reach(Event.STEP_BEGIN, state.globalStep() + 1, ctx, null);
  }

  @Override
  public void onSubstepBegin(
      CallbackContext ctx, TrainerState state, TrainerControl control, ModelInputs inputs) {
    reach(Event.SUBSTEP_BEGIN, state.globalStep() + 1, ctx, inputs);
  }

  @Override
  public void onSubstepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    reach(Event.SUBSTEP_END, state.globalStep() + 1, ctx, null);
  }

  @Override
  public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    reach(Event.STEP_END, state.globalStep(), ctx, null);
  }

  @Override
  public void onLog(
      CallbackContext ctx, TrainerState state, TrainerControl control, LogEntry logs) {
    reach(Event.LOG, state.globalStep(), ctx, null);
  }

  @Override
  public void onEvaluate(
      CallbackContext ctx,
      TrainerState state,
      TrainerControl control,
      Map<String, Double> metrics) {
    reach(Event.EVALUATE, state.globalStep(), ctx, null);
  }

  @Override
  public void onSave(CallbackContext ctx, TrainerState state, TrainerControl control) {
    reach(Event.SAVE, state.globalStep(), ctx, null);
  }

  @Override
  public void onEpochEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    reach(Event.EPOCH_END, state.globalStep(), ctx, null);
  }

  /** Watching these two events makes updates run in phases, so it is a class of its own. */
  private static final class InsideUpdate extends FaultInjectionCallback {
    private InsideUpdate(Point point, Fault fault) {
      super(point, fault);
    }

    @Override
    public void onPreOptimizerStep(
        CallbackContext ctx, TrainerState state, TrainerControl control) {
      reach(Event.PRE_OPTIMIZER_STEP, state.globalStep() + 1, ctx, null);
    }

    @Override
    public void onOptimizerStep(CallbackContext ctx, TrainerState state, TrainerControl control) {
      reach(Event.OPTIMIZER_STEP, state.globalStep() + 1, ctx, null);
    }
  }
}
