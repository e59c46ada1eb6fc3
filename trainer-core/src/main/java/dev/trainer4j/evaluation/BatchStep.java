// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.evaluation;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.data.Batch;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.torch.TorchFunctions;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What one batch of an evaluation gave, its numbers read from the device.
 *
 * @param samples in the batch
 * @param hasLoss whether there was one
 * @param lossSum sum of the losses
 * @param lossWeight what that sum is divided by in a mean
 * @param parts sums of the named parts of the loss
 * @param predictions outputs by name
 * @param labels labels by name
 * @param inputs what metrics want to see of the inputs
 */
record BatchStep(
    int samples,
    boolean hasLoss,
    double lossSum,
    double lossWeight,
    Map<String, Double> parts,
    Map<String, NDArray> predictions,
    Map<String, NDArray> labels,
    Map<String, NDArray> inputs) {

  /** Reads the numbers of a step. */
  static BatchStep of(Batch batch, PredictionStep step, boolean withInputs) {
    LossOutput loss = step.loss();
    if (loss == null) {
      return new BatchStep(
          batch.sampleCount(),
          false,
          0,
          0,
          Map.of(),
          rows(step.predictions()),
          rows(step.labels()),
          inputs(batch, withInputs));
    }
    // A mean counts by samples, as in Hugging Face's Trainer; a sum by its own weight.
    double weight = loss.isMean() ? batch.sampleCount() : loss.weight();
    double scale = loss.isMean() ? weight : 1;
    Map<String, Double> parts = new LinkedHashMap<>();
    loss.parts().forEach((name, part) -> parts.put(name, TorchFunctions.number(part) * scale));
    return new BatchStep(
        batch.sampleCount(),
        true,
        TorchFunctions.number(loss.value()) * scale,
        weight,
        parts,
        rows(step.predictions()),
        rows(step.labels()),
        inputs(batch, withInputs));
  }

  /** A scalar is one value for the whole batch, and becomes a row: so those of all batches can be joined. */
  private static Map<String, NDArray> rows(Map<String, NDArray> arrays) {
    Map<String, NDArray> rows = new LinkedHashMap<>();
    arrays.forEach(
        (name, array) -> rows.put(name, array.getShape().isScalar() ? array.expandDims(0) : array));
    return rows;
  }

  /** What a rank gives in a round whose samples others have. */
  static BatchStep empty() {
    return new BatchStep(0, false, 0, 0, Map.of(), Map.of(), Map.of(), Map.of());
  }

  private static Map<String, NDArray> inputs(Batch batch, boolean wanted) {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    if (wanted) {
      batch.inputs().names().forEach(name -> arrays.put(name, batch.inputs().get(name)));
    }
    return rows(arrays);
  }

  /** Returns the mean loss of the batch, NaN without one. */
  double meanLoss() {
    return hasLoss ? lossSum / lossWeight : Double.NaN;
  }
}
