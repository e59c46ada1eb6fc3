// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples;

import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv1d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.Dropout;
import java.util.List;

/**
 * A small character model of plain DJL blocks: look at all pieces of two, three and four letters and
 * keep the strongest sign of each kind, wherever in the text it stands.
 */
public final class LanguageModel {
  private static final int EMBEDDING = 64;
  private static final int FILTERS = 128;
  private static final int[] WIDTHS = {2, 3, 4};
  private static final float DROPOUT = 0.3f;

  private LanguageModel() {}

  /** Return a block, not yet initialized: [batch, length] ids become [batch, languages] logits. */
  public static Block create(int languages) {
    ParallelBlock pieces = new ParallelBlock(LanguageModel::concatenate);
    for (int width : WIDTHS) {
      pieces.add(strongest(width));
    }
    return new SequentialBlock()
        .add(new CharacterEmbedding(CharacterEncoder.IDS, EMBEDDING))
        .add(LambdaBlock.singleton(vectors -> vectors.transpose(0, 2, 1), "channelsFirst"))
        .add(pieces)
        .add(Dropout.builder().optRate(DROPOUT).build())
        .add(Linear.builder().setUnits(languages).build());
  }

  /** [batch, channels, length] becomes [batch, filters]: each filter's best match in the text. */
  private static Block strongest(int width) {
    return new SequentialBlock()
        .add(Conv1d.builder().setKernelShape(new Shape(width)).setFilters(FILTERS).build())
        .add(Activation.reluBlock())
        .add(LambdaBlock.singleton(matches -> matches.max(new int[] {2}), "maxOverTime"));
  }

  private static NDList concatenate(List<NDList> pieces) {
    NDList arrays = new NDList();
    pieces.forEach(arrays::addAll);
    return new NDList(NDArrays.concat(arrays, 1));
  }
}
