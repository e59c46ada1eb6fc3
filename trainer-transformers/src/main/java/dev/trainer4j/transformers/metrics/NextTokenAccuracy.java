// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.metrics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import dev.trainer4j.metrics.EvalPrediction;
import dev.trainer4j.metrics.StreamingMetrics;
import java.util.Map;
import java.util.Set;

/**
 * {@code accuracy} of a causal language model: the share of tokens that the token before them foretold, as run_clm of transformers
 * computes it.
 *
 * <p>Logits have shape [samples, tokens, words], labels [samples, tokens]; the logits at a token are for the label behind it. Labels of
 * -100 do not count.
 */
public final class NextTokenAccuracy implements StreamingMetrics {
  private static final long IGNORED = -100;

  /** Makes the metric. */
  public NextTokenAccuracy() {}

  @Override
  public Set<String> names() {
    return Set.of("accuracy");
  }

  @Override
  public Accumulator start() {
    return new Counts();
  }

  private static final class Counts implements Accumulator {
    private long correct;
    private long counted;

    @Override
    public void add(EvalPrediction batch) {
      NDArray logits = batch.predictions();
      NDArray labels = batch.labelIds().toType(DataType.INT64, false).get(new NDIndex(":, 1:"));
      NDArray guesses = logits.argMax(-1).toType(DataType.INT64, false).get(new NDIndex(":, :-1"));
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
