// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.testing.TestDevice;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Memory that comes and goes under the same leaves. */
class MovableTensorsTest {

  private final NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch");

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void aLeafThatLiesInOtherMemoryIsTheSameLeaf() {
    NDArray weight = manager.create(new float[] {1, 2, 3, 4, 5, 6}, new Shape(2, 3));
    NDArray bias = manager.create(new float[] {7, 8}, new Shape(2));
    weight.setRequiresGradient(true);
    bias.setRequiresGradient(true);
    MovableTensors moved = new MovableTensors(List.of(weight, bias));
    for (int round = 1; round <= 3; round++) {
      NDArray flat = manager.arange(10f).mul(round);
      moved.place(flat, new long[] {1, 8});
      assertThat(weight.toFloatArray())
          .containsExactly(round, 2 * round, 3 * round, 4 * round, 5 * round, 6 * round);
      assertThat(bias.toFloatArray()).containsExactly(8 * round, 9 * round);
      try (Autograd.Recording on = Autograd.record(true);
          ArrayScope scope = ArrayScope.open();
          Autograd autograd = new Autograd()) {
        NDArray x = manager.create(new float[] {1, 2, 3}, new Shape(3, 1));
        autograd.backward(weight.matMul(x).flatten().add(bias).sum());
      }
      assertThat(weight.getGradient().toFloatArray())
          .containsExactly(round, 2 * round, 3 * round, round, 2 * round, 3 * round);
      assertThat(bias.getGradient().toFloatArray()).containsExactly(round, round);
      moved.displace();
    }
  }

  @Test
  void whatReadsATensorThatIsNotThereFails() {
    NDArray weight = manager.ones(new Shape(2, 3));
    NDArray x = manager.ones(new Shape(3, 1));
    new MovableTensors(List.of(weight)).displace();
    assertThat(weight.getShape()).isEqualTo(new Shape(2, 3));
    assertThatThrownBy(() -> weight.matMul(x)).isInstanceOf(EngineException.class);
  }

  @Test
  void tensorsOfSixteenBitsAreMadeOfBytes() {
    NDArray values = manager.create(new float[] {1.5f, -2, 3, 0.25f}, new Shape(2, 2));
    NDArray half = TorchFunctions.toHalf(values, HalfType.BFLOAT16, manager);
    // 1.5 is 0x3FC0 and -2 is 0xC000: the little end first.
    NDArray flat = manager.create(new float[] {0, 0, Float.intBitsToFloat(0xC0003FC0), 1});
    new MovableTensors(List.of(half)).place(flat, new long[] {4});
    assertThat(Bfloat16.toFloat32(half, manager).toFloatArray()).containsExactly(1.5f, -2, 0, 1);
  }

  @Test
  void tensorsWithoutElementsAreNotTakenForTheSame() {
    NDArray first = manager.ones(new Shape(4));
    NDArray second = manager.ones(new Shape(4));
    new MovableTensors(List.of(first, second)).displace();
    assertThat(TiedTensors.find(Map.of("first", first, "second", second))).isEmpty();
  }
}
