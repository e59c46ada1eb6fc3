// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.architecture;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/** Weights that are other ones in all that a subclass does not override. */
abstract class ForwardingWeights implements Weights {

  private final Weights weights;

  ForwardingWeights(Weights weights) {
    this.weights = weights;
  }

  @Override
  public NDArray get(String name) {
    return weights.get(name);
  }

  @Override
  public String stateName(String name) {
    return weights.stateName(name);
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
  public double noiseOf(String table) {
    return weights.noiseOf(table);
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
  public List<String> partNamesOf(String name) {
    return weights.partNamesOf(name);
  }

  @Override
  public NDArray values(String name, NDManager owner) {
    return weights.values(name, owner);
  }

  @Override
  public List<String> parametersOf(String name) {
    return weights.parametersOf(name);
  }
}
