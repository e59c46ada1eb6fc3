// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.LabelLayout;
import dev.trainer4j.model.LossFunction;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.Losses;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.PassFailure;
import dev.trainer4j.model.TrainableModel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The loss of a trainer that overrides nothing. */
final class DefaultLoss {

  private final TrainableModel model;
  private final List<String> labelNames;
  private final @Nullable LossFunction lossFunction;
  private final double smoothing;

  /**
   * Collects what decides the loss.
   *
   * @throws IllegalArgumentException if the loss of the model cannot be smoothed
   */
  DefaultLoss(
      TrainableModel model,
      List<String> labelNames,
      @Nullable LossFunction lossFunction,
      double smoothing) {
    this.model = model;
    this.labelNames = List.copyOf(labelNames);
    this.lossFunction = lossFunction;
    this.smoothing = smoothing;
    if (smooths() && model.labelLayout() == LabelLayout.OTHER) {
      throw cannotSmooth("is no cross entropy of its logits and one label for each place");
    }
  }

  private boolean smooths() {
    return smoothing > 0;
  }

  private IllegalArgumentException cannotSmooth(String why) {
    return new IllegalArgumentException(
        "labelSmoothingFactor is "
            + smoothing
            + ", but the loss of the model ("
            + model.getClass().getSimpleName()
            + ") "
            + why
            + "; leave it out, and smooth in computeLossFunc or in a computeLoss of your own");
  }

  /**
   * Returns whether nothing of the user's stands between the model and the loss: that is the model's own, or the cross entropy of its
   * logits with the labels that it names.
   */
  boolean isUsual() {
    return labelNames.equals(model.labelNames()) && lossFunction == null && !smooths();
  }

  /** Returns whether the user gave a function, which may do without labels. */
  boolean hasFunction() {
    return lossFunction != null;
  }

  /** Returns the names of the inputs that are labels. */
  List<String> labelNames() {
    return labelNames;
  }

  /** Returns the labels among the inputs; all of {@link #labelNames} or none, as Hugging Face. */
  Map<String, NDArray> labelsIn(ModelInputs inputs) {
    Map<String, NDArray> labels = new LinkedHashMap<>();
    for (String name : labelNames) {
      Optional<NDArray> label = inputs.find(name);
      if (label.isEmpty()) {
        return Map.of();
      }
      labels.put(name, label.get());
    }
    return labels;
  }

  private static LossOutput ofFunction(
      LossFunction function, ModelOutput outputs, ModelInputs inputs) {
    LossOutput loss =
        PassFailure.explaining(
            "computeLossFunc",
            () -> "the outputs " + PassFailure.describe(outputs.arrays()) + " and inputs " + inputs,
            "Look at the shapes and types of what it computes with",
            () -> function.compute(outputs, inputs));
    if (loss == null) {
      throw new IllegalStateException(
          "computeLossFunc returned null; return LossOutput.of(sum, weight) or LossOutput.mean(mean)");
    }
    return loss;
  }

  /** The loss of a trainer that overrides nothing; see {@link Trainer#computeLoss}. */
  LossOutput of(ModelOutput outputs, ModelInputs inputs) {
    if (outputs == null) {
      throw new IllegalStateException(
          "the model ("
              + model.getClass().getName()
              + ") returned null; forward must return its outputs, such as ModelOutput.logits(array)");
    }
    LossOutput own = outputs.loss();
    if (lossFunction != null) {
      LossOutput loss = ofFunction(lossFunction, outputs, inputs);
      return own == null ? loss : withParts(loss, own);
    }
    LabelLayout layout = model.labelLayout();
    if (own != null) {
      if (!smooths()) {
        return own;
      }
      // One label for all of a sample leaves nothing to shift; with several, places may differ.
      if (layout == LabelLayout.UNKNOWN && outputs.logits().getShape().dimension() > 2) {
        throw cannotSmooth("would be replaced, and its labelLayout() does not say by what");
      }
    }
    Map<String, NDArray> labels = labelsIn(inputs);
    if (labels.isEmpty()) {
      throw new IllegalArgumentException(
          "no loss: the model computes none, and the inputs "
              + inputs.names()
              + " have no label of the names "
              + labelNames
              + "; set labelNames, or override computeLoss");
    }
    NDArray first = labels.values().iterator().next();
    if (smooths() && first.getDataType().isFloating()) {
      throw cannotSmooth(
          "is no cross entropy of one class for each place: "
              + labels.keySet().iterator().next()
              + " are "
              + PassFailure.describe(first));
    }
    LossOutput loss =
        Losses.crossEntropy(
            outputs.logits(),
            layout == LabelLayout.NEXT ? Losses.nextLabels(first) : first,
            smoothing);
    return own == null ? loss : withParts(loss, own);
  }

  /** What the model tells beside its loss is told of one that takes its place: by its own weight. */
  private static LossOutput withParts(LossOutput loss, LossOutput own) {
    LossOutput with = loss;
    for (Map.Entry<String, NDArray> part : own.parts().entrySet()) {
      if (!loss.parts().containsKey(part.getKey())) {
        with = with.part(part.getKey(), part.getValue().mul(factor(loss, own)));
      }
    }
    return with;
  }

  private static double factor(LossOutput loss, LossOutput own) {
    double weight = own.weight();
    return weight == 0 ? 0 : (loss.isMean() ? 1 : loss.weight()) / weight;
  }
}
