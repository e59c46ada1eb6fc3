// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.trainer4j.torch.TorchFunctions;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The loss of one micro batch as a sum and its weight, or as an explicit mean.
 *
 * <p>The loop adds the sums of all micro batches and ranks of an update and divides once, by the
 * total weight. So gradient accumulation, an uneven last batch and data parallelism give exactly
 * the loss and gradients of one large batch. A {@link #mean} keeps Hugging Face's rule for models
 * that only tell a mean: the mean of the micro batches' means.
 */
public final class LossOutput {

  private final NDArray value;
  private final double weight;
  private final @Nullable NDArray weightArray;
  private final boolean mean;
  private final Map<String, NDArray> parts;
  private final @Nullable ModelOutput outputs;

  private LossOutput(
      NDArray value,
      double weight,
      @Nullable NDArray weightArray,
      boolean mean,
      Map<String, NDArray> parts,
      @Nullable ModelOutput outputs) {
    this.value = requireScalar("the loss", value);
    if (!isFloating(value.getDataType())) {
      throw new IllegalArgumentException(
          "the loss must be a floating point number, but is "
              + value.getDataType()
              + ": gradients are taken of nothing else; compute it from the outputs, which are floating");
    }
    this.weight = weight;
    this.weightArray = weightArray;
    this.mean = mean;
    this.parts = parts;
    this.outputs = outputs;
  }

  private static NDArray requireScalar(String what, NDArray array) {
    if (array == null) {
      throw new IllegalArgumentException(what + " is null, expected a scalar");
    }
    if (array.size() != 1) {
      throw new IllegalArgumentException(
          what
              + " must be a scalar, but has shape "
              + array.getShape()
              + "; reduce it with sum() and pass its weight");
    }
    return array;
  }

  /** DJL has no name for bfloat16. */
  private static boolean isFloating(DataType type) {
    return type.isFloating() || type == DataType.UNKNOWN;
  }

  /**
   * A sum of losses.
   *
   * @param sum scalar, within autograd
   * @param weight how many samples, tokens or units of weight the sum covers, at least 0
   */
  public static LossOutput of(NDArray sum, double weight) {
    if (!(weight >= 0) || Double.isInfinite(weight)) {
      throw new IllegalArgumentException(
          "the weight of a loss must be a finite number of at least 0, but is " + weight);
    }
    return new LossOutput(sum, weight, null, false, Map.of(), null);
  }

  /**
   * A sum of losses whose weight is still on the device, as a scalar of any number type. Both belong to the
   * trainer from then on: it reads the weights of all micro batches together and closes them.
   */
  public static LossOutput of(NDArray sum, NDArray weight) {
    return counted(sum, requireScalar("its weight", weight));
  }

  /** As {@link #of(NDArray, NDArray)}, for a weight that is a scalar without a look at it, which is a native call. */
  static LossOutput counted(NDArray sum, NDArray weight) {
    return new LossOutput(sum, 0, weight, false, Map.of(), null);
  }

  /** A mean whose weight is not known: each micro batch counts the same within its update. */
  public static LossOutput mean(NDArray mean) {
    return new LossOutput(mean, 1, null, true, Map.of(), null);
  }

  /**
   * Returns the mean of this sum as an explicit {@link #mean}, for those who want Hugging Face's
   * rule: each micro batch then counts the same, however many labels it has.
   */
  public LossOutput asMean() {
    return mean ? this : new LossOutput(value.div(weight()), 1, null, true, Map.of(), outputs);
  }

  /**
   * Adds a named part that is logged beside the loss, averaged by the same rule.
   *
   * @param part scalar: a sum over the same weight, or a mean if the loss is a mean
   */
  public LossOutput part(String name, NDArray part) {
    Map<String, NDArray> more = new LinkedHashMap<>(parts);
    more.put(name, requireScalar("the part '" + name + "' of a loss", part));
    return new LossOutput(value, weight, weightArray, mean, more, outputs);
  }

  /** Adds the outputs that the loss was computed from, which saves evaluation a forward pass. */
  public LossOutput withOutputs(ModelOutput outputs) {
    return new LossOutput(value, weight, weightArray, mean, parts, outputs);
  }

  /** Returns the scalar that gradients are taken of: the sum, or the mean. */
  public NDArray value() {
    return value;
  }

  /** Returns the weight of the sum, 1 for a mean; reads the device if it was given as an array. */
  public double weight() {
    return weightArray == null ? weight : TorchFunctions.number(weightArray);
  }

  /** Returns the weight as it was given, on its device; null if it was given as a number. */
  public @Nullable NDArray weightArray() {
    return weightArray;
  }

  /** Returns whether this is an explicit mean. */
  public boolean isMean() {
    return mean;
  }

  /** Returns the named parts, in the order they were added. */
  public Map<String, NDArray> parts() {
    return parts;
  }

  /** Returns the outputs the loss was computed from, null if not given. */
  public @Nullable ModelOutput outputs() {
    return outputs;
  }
}
