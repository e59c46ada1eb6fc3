// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.testing.InMemoryWorld;
import dev.trainer4j.torch.Autograd;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
class GradientSyncTest {

  private static final int SAMPLES = 7;

  /** Sums of squares over whole numbers are exact, so the order of the sum makes no difference. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void ranksGetTheGradientsOfAllSamplesInTheirParameters(int worldSize) throws Exception {
    float[] alone = gradients(ProcessGroup.single(), GradientSync.none());
    List<float[]> ranks =
        InMemoryWorld.call(
            worldSize,
            group -> {
              GradientSync sync = GradientSync.dataParallel(group, 25 << 20);
              assertThat(sync.isLocal()).isFalse();
              return gradients(group, sync);
            });
    assertThat(ranks).hasSize(worldSize).allSatisfy(own -> assertThat(own).isEqualTo(alone));
  }

  /** The gradients of a linear model with respect to weights and bias, of every worldSize-th sample. */
  private static float[] gradients(ProcessGroup group, GradientSync sync) {
    try (NDManager manager = NDManager.newBaseManager("PyTorch");
        Autograd.Recording on = Autograd.record(true);
        Autograd autograd = new Autograd()) {
      NDArray weights = manager.create(new float[] {1, -2, 3}, new Shape(3, 1));
      NDArray bias = manager.create(new float[] {4});
      weights.setRequiresGradient(true);
      bias.setRequiresGradient(true);
      for (int sample = group.rank(); sample < SAMPLES; sample += group.worldSize()) {
        NDArray x = manager.create(new float[] {sample, 1 - sample, sample % 3}, new Shape(1, 3));
        autograd.backward(x.matMul(weights).add(bias).square().sum());
      }
      NDArray ofWeights = weights.getGradient();
      NDArray ofBias = bias.getGradient();
      sync.sum(List.of(ofWeights, ofBias));
      assertThat(weights.getGradient().toFloatArray()).isEqualTo(ofWeights.toFloatArray());
      return ofWeights.flatten().concat(bias.getGradient()).toFloatArray();
    }
  }

  /** Of two types and many sizes, one of them above any bucket and with gaps between its elements. */
  private static List<NDArray> arrays(NDManager manager, int rank) {
    NDArray table = manager.arange(600f).reshape(20, 30).mul(rank + 1);
    return List.of(
        manager.arange(7f).add(rank),
        manager.create(new float[] {rank}),
        table.get(":, 10:20"),
        table,
        manager.arange(12).toType(DataType.FLOAT64, true).reshape(3, 4).mul(rank + 0.5),
        manager.create((float) rank),
        manager.create(new Shape(0, 3)),
        manager.arange(40f).mul(-rank));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 32, 200, 1000, 2400, 1L << 40})
  void bucketsOfAnySizeGiveTheSumsOfAll(long bucketBytes) throws Exception {
    InMemoryWorld.run(
        3,
        group -> {
          try (NDManager manager = NDManager.newBaseManager("PyTorch");
              GradientSync sync = GradientSync.dataParallel(group, bucketBytes)) {
            for (int update = 0; update < 3; update++) {
              List<NDArray> own =
                  arrays(manager, group.rank()).stream().map(NDArray::duplicate).toList();
              sync.sum(own);
              for (int i = 0; i < own.size(); i++) {
                NDArray sum = manager.zeros(own.get(i).getShape(), own.get(i).getDataType());
                for (int rank = 0; rank < 3; rank++) {
                  sum = sum.add(arrays(manager, rank).get(i));
                }
                assertThat(own.get(i).toArray()).isEqualTo(sum.toArray());
              }
            }
          }
        });
  }

  @Test
  void gradientsWithGapsKeepTheirPlaces() throws Exception {
    InMemoryWorld.run(
        2,
        group -> {
          try (NDManager manager = NDManager.newBaseManager("PyTorch");
              GradientSync sync = GradientSync.dataParallel(group, 16)) {
            NDArray table = manager.arange(12f).reshape(3, 4);
            sync.sum(List.of(table.get(":, 1:3"), table.get(":, 3:")));
            assertThat(table.toFloatArray())
                .containsExactly(0, 2, 4, 6, 4, 10, 12, 14, 8, 18, 20, 22);
          }
        });
  }

  @Test
  void whatTheGroupFailsWithIsThrownAndAnUpdateCanFollow() throws Exception {
    InMemoryWorld.run(
        2,
        group -> {
          try (NDManager manager = NDManager.newBaseManager("PyTorch");
              GradientSync sync = GradientSync.dataParallel(group, 8)) {
            List<NDArray> wrong =
                List.of(
                    manager.ones(new Shape(2)),
                    manager.ones(new Shape(3), DataType.INT32),
                    manager.ones(new Shape(2)));
            assertThatThrownBy(() -> sync.sum(wrong))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("int32");
            NDArray right = manager.ones(new Shape(5));
            sync.sum(List.of(right, manager.ones(new Shape(5))));
            assertThat(right.toFloatArray()).containsOnly(2);
          }
        });
  }

  @Test
  void aWorldOfOneLeavesGradientsAlone() {
    assertThat(GradientSync.dataParallel(ProcessGroup.single(), 1)).isSameAs(GradientSync.none());
    assertThat(GradientSync.none().isLocal()).isTrue();
  }
}
