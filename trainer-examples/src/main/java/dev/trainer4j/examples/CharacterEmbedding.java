// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.core.Embedding;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.NormalInitializer;
import ai.djl.util.PairList;
import org.jspecify.annotations.Nullable;

/** A learned vector per id: [batch, length] integers become [batch, length, size] numbers. */
final class CharacterEmbedding extends AbstractBlock {
  private static final float INITIAL_DEVIATION = 0.1f;

  private final Parameter weight;
  private final int size;

  CharacterEmbedding(int ids, int size) {
    this.size = size;
    weight =
        addParameter(
            Parameter.builder()
                .setName("weight")
                .setType(Parameter.Type.WEIGHT)
                .optShape(new Shape(ids, size))
                .optInitializer(new NormalInitializer(INITIAL_DEVIATION))
                .build());
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return new Shape[] {inputShapes[0].add(size)};
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore parameters,
      NDList inputs,
      boolean training,
      @Nullable PairList<String, Object> params) {
    NDArray ids = inputs.singletonOrThrow();
    NDArray table = parameters.getValue(weight, ids.getDevice(), training);
    return Embedding.embedding(ids, table, SparseFormat.DENSE);
  }
}
