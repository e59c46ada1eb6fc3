// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.architecture;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/** Weights of which one table of embeddings is noisy in training. */
record NoisyTable(Weights weights, String table, double alpha) implements Weights {

  @Override
  public NDArray get(String name) {
    return weights.get(name);
  }

  @Override
  public NDArray get(String name, NDManager owner) {
    return weights.get(name, owner);
  }

  @Override
  public List<LowRank> adaptersOf(String weight) {
    return weights.adaptersOf(weight);
  }

  @Override
  public int quantizedCompute() {
    return weights.quantizedCompute();
  }

  @Override
  public List<NDArray> partsOf(String name) {
    return weights.partsOf(name);
  }

  @Override
  public NDArray values(String name, NDManager owner) {
    return weights.values(name, owner);
  }

  @Override
  public double noiseOf(String name) {
    return name.equals(table) ? alpha : 0;
  }

  @Override
  public List<String> parametersOf(String name) {
    return weights.parametersOf(name);
  }
}
