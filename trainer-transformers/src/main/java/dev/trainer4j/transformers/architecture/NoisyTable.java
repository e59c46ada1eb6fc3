// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.architecture;

/** Weights of which one table of embeddings is noisy in training. */
final class NoisyTable extends ForwardingWeights {

  private final String table;
  private final double alpha;

  NoisyTable(Weights weights, String table, double alpha) {
    super(weights);
    this.table = table;
    this.alpha = alpha;
  }

  @Override
  public double noiseOf(String name) {
    return name.equals(table) ? alpha : super.noiseOf(name);
  }
}
