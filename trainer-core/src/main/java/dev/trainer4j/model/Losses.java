// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.torch.EngineMessage;
import dev.trainer4j.torch.TorchFunctions;
import dev.trainer4j.torch.ValueRange;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;

/** Ready-made losses, each a sum and its weight. */
public final class Losses {

  /** The label that takes no part in a loss. */
  public static final long IGNORE_INDEX = -100;

  private Losses() {}

  /** Cross entropy of {@code logits} and {@code labels}; see {@link #crossEntropy(NDArray, NDArray, double)}. */
  public static LossOutput crossEntropy(NDArray logits, NDArray labels) {
    return crossEntropy(logits, labels, 0);
  }

  /**
   * Cross entropy, summed over the labels that are not -100; the weight is their number.
   *
   * <p>With smoothing e over C classes the target is (1 - e) for the label plus e / C for every
   * class: PyTorch's {@code cross_entropy} and Hugging Face's label smoother.
   *
   * @param logits shape [..., classes]
   * @param labels shape [...], integers
   * @param labelSmoothing e, in [0, 1)
   * @throws IllegalArgumentException if shapes do not match or a label is no class
   */
  public static LossOutput crossEntropy(NDArray logits, NDArray labels, double labelSmoothing) {
    return crossEntropy(
        logits,
        labels,
        () -> TorchFunctions.crossEntropy(logits, labels, IGNORE_INDEX, labelSmoothing));
  }

  /**
   * Cross entropy with a weight for each class, as PyTorch's {@code cross_entropy(weight=...)}: each label's loss times
   * the weight of its class; the weight of the sum is that of its labels, so that the mean is a weighted one. Labels of
   * -100 do not count.
   *
   * <pre>{@code
   * float[] weights = Losses.balancedWeights(900, 100);
   * Trainer.builder(model, args).computeLossFunc((outputs, inputs) ->
   *     Losses.crossEntropy(outputs.logits(), inputs.get("labels"), weights, 0))
   * }</pre>
   *
   * @param logits shape [..., classes]
   * @param labels shape [...], integers
   * @param classWeights one for each class, at least 0
   * @param labelSmoothing in [0, 1), as in {@link #crossEntropy(NDArray, NDArray, double)}
   * @throws IllegalArgumentException if shapes do not match, a weight is negative or a label is no class
   */
  public static LossOutput crossEntropy(
      NDArray logits, NDArray labels, float[] classWeights, double labelSmoothing) {
    Shape shape = logits.getShape();
    if (shape.dimension() > 0 && classWeights.length != shape.getLastDimension()) {
      throw new IllegalArgumentException(
          "classWeights has "
              + classWeights.length
              + " weights, but the model has "
              + shape.getLastDimension()
              + " classes: give one for each");
    }
    checkWeights("classWeights", classWeights);
    return crossEntropy(
        logits,
        labels,
        () ->
            TorchFunctions.weightedCrossEntropy(
                logits, labels, logits.getManager().create(classWeights), labelSmoothing));
  }

  /**
   * Returns weights for classes that appear so often, which make each class count the same as a whole: samples /
   * (classes * count), scikit-learn's {@code class_weight="balanced"}.
   *
   * @param counts the samples of each class, at least 1
   */
  public static float[] balancedWeights(long... counts) {
    double samples = Arrays.stream(counts).sum();
    float[] weights = new float[counts.length];
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] < 1) {
        throw new IllegalArgumentException(
            "counts has "
                + counts[i]
                + " for class "
                + i
                + ", which no weight can balance: give at least one sample of each class");
      }
      weights[i] = (float) (samples / (counts.length * (double) counts[i]));
    }
    return weights;
  }

  private static void checkWeights(String name, float[] weights) {
    for (int i = 0; i < weights.length; i++) {
      if (!(weights[i] >= 0) || Float.isInfinite(weights[i])) {
        throw new IllegalArgumentException(
            name + "[" + i + "] is " + weights[i] + ", must be a number of at least 0");
      }
    }
  }

  /** Binary cross entropy; see {@link #binaryCrossEntropy(NDArray, NDArray, float[])}. */
  public static LossOutput binaryCrossEntropy(NDArray logits, NDArray labels) {
    return binaryCrossEntropy(logits, labels, new float[0]);
  }

  /**
   * Binary cross entropy for labels that may hold together, summed over all elements; the weight is their number:
   * PyTorch's {@code BCEWithLogitsLoss}.
   *
   * @param logits any shape; the last dimension are labels
   * @param labels 0 and 1, or numbers between them, of any number type; the logits' shape, or without a last dimension of 1
   * @param positiveWeights what label 1 counts times, one for each label; empty for 1
   * @throws IllegalArgumentException if shapes do not match or a weight is negative
   */
  public static LossOutput binaryCrossEntropy(
      NDArray logits, NDArray labels, float[] positiveWeights) {
    NDArray aligned =
        labels.getShape().dimension() + 1 == logits.getShape().dimension()
                && labels.size() == logits.size()
            ? labels.reshape(logits.getShape())
            : labels;
    if (!aligned.getShape().equals(logits.getShape())) {
      throw new IllegalArgumentException(
          "binary cross entropy expects logits and labels of one shape, 0 or 1 for each label, but they are "
              + logits.getShape()
              + " and "
              + labels.getShape()
              + "; for one class a sample use crossEntropy");
    }
    int width = positiveWeights.length;
    if (width > 0 && width != logits.getShape().getLastDimension()) {
      throw new IllegalArgumentException(
          "positiveWeights has "
              + width
              + " weights, but the last dimension of the logits is "
              + logits.getShape().getLastDimension()
              + ": give one for each label");
    }
    checkWeights("positiveWeights", positiveWeights);
    NDArray weights =
        width == 0
            ? logits.getManager().create(new Shape(0))
            : logits.getManager().create(positiveWeights);
    return LossOutput.of(
        TorchFunctions.binaryCrossEntropy(logits, aligned, weights), (double) logits.size());
  }

  /**
   * Checks logits and labels around a computation of their cross entropy.
   *
   * @param result gives the sum and the number of labels that count
   */
  static LossOutput crossEntropy(NDArray logits, NDArray labels, Supplier<NDList> result) {
    Shape shape = logits.getShape();
    if (shape.dimension() < 1
        || !shape.slice(0, shape.dimension() - 1).equals(labels.getShape())
        || labels.getDataType().isFloating()) {
      throw new IllegalArgumentException(
          "cross entropy expects logits [..., classes] and integer labels [...], but logits are "
              + shape
              + " and labels are "
              + labels.getShape()
              + " of "
              + labels.getDataType()
              + "; pass another loss with computeLossFunc, or override computeLoss");
    }
    ValueRange.before(labels)
        .flatMap(range -> range.outside(shape.getLastDimension(), true))
        .ifPresent(
            label -> {
              throw new IllegalArgumentException(outOfRange(shape, labels, label));
            });
    try {
      NDList sumAndCount = result.get();
      return LossOutput.counted(sumAndCount.get(0), sumAndCount.get(1));
    } catch (EngineException e) {
      if (EngineMessage.isOutOfMemory(e) || EngineMessage.isDeviceAssert(e)) {
        throw e; // Then a GPU refuses to show its labels.
      }
      throw explained(logits, labels, e);
    }
  }

  /**
   * Returns labels one place earlier, so that each place of a causal language model's logits meets the
   * label of the next; the last place gets -100.
   *
   * @param labels shape [..., length], integers
   */
  public static NDArray nextLabels(NDArray labels) {
    Shape shape = labels.getShape();
    Shape last = shape.slice(0, shape.dimension() - 1).add(1);
    NDArray ignored = labels.getManager().full(last, (float) IGNORE_INDEX, labels.getDataType());
    return labels.get(new NDIndex("..., 1:")).concat(ignored, -1);
  }

  private static String outOfRange(Shape logits, NDArray labels, ValueRange.Outlier label) {
    long classes = logits.getLastDimension();
    return "label "
        + label.value()
        + " in row "
        + label.row(labels)
        + " of the batch is out of range: the model has "
        + classes
        + " classes, so labels are 0 to "
        + (classes - 1)
        + ", or -100 for positions that do not count; check the labels of the data set,"
        + " or give the model more classes";
  }

  /** On a CPU the operator looks at its labels itself, so that nobody needs to look before. */
  private static RuntimeException explained(NDArray logits, NDArray labels, EngineException cause) {
    long classes = logits.getShape().getLastDimension();
    Optional<ValueRange.Outlier> label =
        ValueRange.read(labels).flatMap(range -> range.outside(classes, true));
    if (label.isPresent()) {
      return new IllegalArgumentException(
          outOfRange(logits.getShape(), labels, label.get()), cause);
    }
    return PassFailure.of(
        "cross entropy failed for",
        "logits " + PassFailure.describe(logits) + " and labels " + PassFailure.describe(labels),
        "It takes floating point logits and whole numbers as labels",
        cause);
  }

  /**
   * Squared error, summed over all elements; the weight is their number.
   *
   * @param predictions any shape
   * @param targets the same shape, or predictions' shape without a last dimension of 1
   */
  public static LossOutput meanSquaredError(NDArray predictions, NDArray targets) {
    NDArray aligned = predictions;
    if (predictions.getShape().dimension() == targets.getShape().dimension() + 1
        && predictions.size() == targets.size()) {
      aligned = predictions.reshape(targets.getShape());
    }
    if (!aligned.getShape().equals(targets.getShape())) {
      throw new IllegalArgumentException(
          "squared error expects predictions and targets of one shape, but they are "
              + predictions.getShape()
              + " and "
              + targets.getShape());
    }
    NDArray difference = aligned.sub(targets);
    return LossOutput.of(difference.mul(difference).sum(), (double) targets.size());
  }
}
