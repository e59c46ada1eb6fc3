// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.architecture;

import java.util.Set;

/** Weights of which some tables of embeddings are noisy in training. */
final class NoisyTables extends ForwardingWeights {

  private final Set<String> tables;
  private final double alpha;

  NoisyTables(Weights weights, Set<String> tables, double alpha) {
    super(weights);
    this.tables = tables;
    this.alpha = alpha;
  }

  @Override
  public double noiseOf(String name) {
    return tables.contains(name) ? alpha : super.noiseOf(name);
  }
}
