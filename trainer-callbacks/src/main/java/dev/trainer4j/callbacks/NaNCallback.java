// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.NonFiniteUpdate;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.TorchFunctions;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says where it is, when a loss or gradient is not a finite number.
 *
 * <p>What happens then is the argument {@code nanPolicy}: FAIL ends training, SKIP leaves the update
 * out, CONTINUE takes it. This callback reports the losses of the micro batches, which parameters and
 * gradients are not finite, and the names, shapes and types of the inputs; and with {@code maxInARow}
 * it ends a run that skips or continues for too long.
 */
public final class NaNCallback implements TrainerCallback {

  private static final Logger LOGGER = LoggerFactory.getLogger(NaNCallback.class);

  /**
   * What was found in an update that is not finite.
   *
   * @param update its number, counted from 1
   * @param firstUpdate the number of the first of this run that was not finite
   * @param inARow how many there have been in a row, this one included
   * @param losses the loss of each micro batch
   * @param gradientNorm global L2 norm before clipping
   * @param arrays parameters and gradients that have values that are not finite, in the model's order
   * @param batches the inputs of each micro batch: names, shapes and types
   */
  public record Report(
      long update,
      long firstUpdate,
      int inARow,
      List<Double> losses,
      double gradientNorm,
      List<BadArray> arrays,
      List<String> batches) {

    /** Copies the lists. */
    public Report {
      losses = List.copyOf(losses);
      arrays = List.copyOf(arrays);
      batches = List.copyOf(batches);
    }

    /** Returns the report as text of several lines. */
    @Override
    public String toString() {
      StringBuilder text = new StringBuilder();
      text.append("update ").append(update).append(" is not finite: losses ").append(losses);
      text.append(", gradient norm ").append(gradientNorm);
      text.append("; first such update ").append(firstUpdate).append(", ").append(inARow);
      text.append(" in a row");
      arrays.forEach(array -> text.append("\n  ").append(array));
      for (int i = 0; i < batches.size(); i++) {
        text.append("\n  micro batch ").append(i + 1).append(": ").append(batches.get(i));
      }
      return text.toString();
    }
  }

  /**
   * A parameter or gradient with values that are not finite.
   *
   * @param name of the parameter
   * @param isGradient whether it is its gradient
   * @param nans values that are not a number
   * @param infinities values that are infinite
   * @param size all values
   */
  public record BadArray(String name, boolean isGradient, long nans, long infinities, long size) {

    @Override
    public String toString() {
      return (isGradient ? "gradient of " : "parameter ")
          + name
          + ": "
          + nans
          + " NaN and "
          + infinities
          + " infinite of "
          + size;
    }
  }

  /** Text is made of it only when it is needed: most updates are finite. */
  private record Input(String name, Shape shape, DataType type) {
    @Override
    public String toString() {
      return name + shape + " " + type;
    }
  }

  private final int maxInARow;
  private final Consumer<Report> listener;
  private final List<List<Input>> batches = new ArrayList<>();
  private long first;
  private long last;
  private int inARow;

  /** Logs a report for each update that is not finite. */
  public NaNCallback() {
    this(Integer.MAX_VALUE);
  }

  /**
   * Logs a report for each update that is not finite, and fails when there are many in a row.
   *
   * @param maxInARow how many in a row are borne, at least 1
   */
  public NaNCallback(int maxInARow) {
    this(maxInARow, report -> LOGGER.warn("{}", report));
  }

  /**
   * Hands a report of each update that is not finite to {@code listener}, and fails when there are
   * many in a row.
   *
   * @param maxInARow how many in a row are borne, at least 1
   * @param listener called by the thread that trains
   */
  public NaNCallback(int maxInARow, Consumer<Report> listener) {
    if (maxInARow < 1) {
      throw new IllegalArgumentException(
          "maxInARow is a number of updates and must be at least 1, but is "
              + maxInARow
              + "; to fail at the first, use nanPolicy FAIL");
    }
    this.maxInARow = maxInARow;
    this.listener = listener;
  }

  @Override
  public void onTrainBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    first = 0;
    last = 0;
    inARow = 0;
  }

  @Override
  public void onStepBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    batches.clear();
  }

  @Override
  public void onSubstepBegin(
      CallbackContext ctx, TrainerState state, TrainerControl control, ModelInputs inputs) {
    List<Input> batch = new ArrayList<>();
    for (String name : inputs.names()) {
      NDArray array = inputs.get(name);
      batch.add(new Input(name, array.getShape(), array.getDataType()));
    }
    batches.add(batch);
  }

  @Override
  public void onNonFinite(
      CallbackContext ctx, TrainerState state, TrainerControl control, NonFiniteUpdate update) {
    first = first == 0 ? update.update() : first;
    inARow = last + 1 == update.update() ? inARow + 1 : 1;
    last = update.update();
    Report report =
        new Report(
            update.update(),
            first,
            inARow,
            update.losses(),
            update.gradientNorm(),
            badArrays(ctx.model().parameters()),
            batches.stream().map(NaNCallback::describe).toList());
    listener.accept(report);
    if (inARow > maxInARow) {
      throw new IllegalStateException(
          inARow
              + " updates in a row were not finite, and maxInARow is "
              + maxInARow
              + ". Lower learningRate, add warmupSteps or look at the data. "
              + report);
    }
  }

  private static String describe(List<Input> batch) {
    return batch.stream().map(Input::toString).collect(Collectors.joining(", ", "{", "}"));
  }

  private static List<BadArray> badArrays(List<NamedParameter> parameters) {
    try (Autograd.Recording off = Autograd.record(false);
        ArrayScope scope = ArrayScope.open()) {
      List<NDArray> arrays = new ArrayList<>();
      parameters.forEach(parameter -> arrays.add(parameter.array()));
      parameters.forEach(parameter -> arrays.add(parameter.array().getGradient()));
      long[][] counts = TorchFunctions.nonFinite(arrays);
      List<BadArray> bad = new ArrayList<>();
      for (int i = 0; i < parameters.size(); i++) {
        for (boolean gradient : new boolean[] {false, true}) {
          int at = gradient ? i + parameters.size() : i;
          long[] found = counts[at];
          if (found[0] + found[1] > 0) {
            String name = parameters.get(i).name();
            bad.add(new BadArray(name, gradient, found[0], found[1], arrays.get(at).size()));
          }
        }
      }
      return bad;
    }
  }
}
