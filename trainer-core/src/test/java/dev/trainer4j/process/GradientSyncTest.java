// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.process;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
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
              GradientSync sync = GradientSync.dataParallel(group);
              assertThat(sync.isLocal()).isFalse();
              assertThat(sync.squaredNorm(9)).isEqualTo(9);
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

  @Test
  void aWorldOfOneLeavesGradientsAlone() {
    assertThat(GradientSync.dataParallel(ProcessGroup.single())).isSameAs(GradientSync.none());
    assertThat(GradientSync.none().isLocal()).isTrue();
    assertThat(GradientSync.none().squaredNorm(2.5)).isEqualTo(2.5);
  }
}
