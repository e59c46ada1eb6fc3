// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.Dropout;
import org.junit.jupiter.api.Test;

/** Which blocks have a chain: nothing outside tells, for what it computes is the same. */
class LayerChainOfTest {

  private static boolean hasChain(Block... blocks) {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      SequentialBlock block = new SequentialBlock();
      block.addAll(blocks);
      block.initialize(manager, DataType.FLOAT32, new Shape(2, 4));
      try (LayerChain chain = LayerChain.of(block, Device.cpu())) {
        return chain != null;
      }
    }
  }

  private static Block linear() {
    return Linear.builder().setUnits(4).build();
  }

  @Test
  void ofLayersThatAreKnown() {
    assertThat(hasChain(linear())).isTrue();
    for (Block known :
        new Block[] {
          Activation.reluBlock(),
          Activation.tanhBlock(),
          Activation.sigmoidBlock(),
          Activation.geluBlock(),
          Dropout.builder().optRate(0.1f).build(),
          new SequentialBlock().add(linear())
        }) {
      assertThat(hasChain(linear(), known, linear())).as(known.toString()).isTrue();
    }
  }

  @Test
  void behindAnythingWithoutParameters() {
    assertThat(hasChain(Blocks.batchFlattenBlock(), linear())).isTrue();
    assertThat(hasChain(Blocks.batchFlattenBlock(), Activation.reluBlock(), linear())).isTrue();
  }

  @Test
  void notOfOthers() {
    assertThat(hasChain(Activation.reluBlock())).isFalse();
    assertThat(hasChain(BatchNorm.builder().build(), linear())).isFalse();
    assertThat(hasChain(linear(), BatchNorm.builder().build())).isFalse();
    assertThat(hasChain(linear(), new SequentialBlock().add(l -> new NDList(l), "ReLU"))).isFalse();
  }
}
