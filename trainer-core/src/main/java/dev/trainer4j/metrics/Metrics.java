// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.metrics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.types.DataType;
import java.util.Map;

/** Ready-made metrics. */
public final class Metrics {

  private static final long IGNORED = -100;

  private Metrics() {}

  /**
   * Returns {@code accuracy}: the share of labels that equal the arg max of the logits.
   *
   * <p>Logits have shape [..., classes], labels [...]; labels of -100 do not count.
   */
  public static StreamingMetrics accuracy() {
    return StreamingMetrics.named(Accuracy::new, "accuracy");
  }

  private static final class Accuracy implements StreamingMetrics.Accumulator {
    private long correct;
    private long counted;

    @Override
    public void add(EvalPrediction batch) {
      NDArray labels = batch.labelIds().toType(DataType.INT64, false);
      NDArray guesses = batch.predictions().argMax(-1).toType(DataType.INT64, false);
      if (!guesses.getShape().equals(labels.getShape())) {
        throw new IllegalArgumentException(
            "accuracy compares labels of shape "
                + labels.getShape()
                + " with predictions of shape "
                + batch.predictions().getShape()
                + "; expected the shape of the labels and one dimension of classes behind it");
      }
      NDArray counts = labels.neq(IGNORED);
      correct += NDArrays.logicalAnd(guesses.eq(labels), counts).sum().toLongArray()[0];
      counted += counts.sum().toLongArray()[0];
    }

    @Override
    public Map<String, Double> result() {
      return Map.of("accuracy", counted == 0 ? Double.NaN : (double) correct / counted);
    }
  }
}
