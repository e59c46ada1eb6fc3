// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The range of whole numbers, looked at in the host's memory and, by a kernel, where they are. */
class ValueRangeTest {

  private final NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");

  private NDArray array(long... values) {
    return manager.create(values, new Shape(values.length / 2, 2));
  }

  @Test
  void smallestLargestAndTheirPlacesAreFoundAndMinus100IsApart() {
    assertThat(ValueRange.ofHost(array(5, -100, 7, 2))).isEqualTo(new ValueRange(2, 3, 7, 2, 1));
    assertThat(ValueRange.ofHost(array(-100, -100)))
        .isEqualTo(new ValueRange(Long.MAX_VALUE, 0, Long.MIN_VALUE, 0, 1));
  }

  @Test
  void theKernelFindsTheSame() {
    Random random = new Random(5);
    for (int run = 0; run < 30; run++) {
      // Few, so that each place is that of no other: then both name the same.
      long[] values = random.longs(2 + 2 * random.nextInt(4), -3, 1L << 40).toArray();
      if (run % 3 == 0) {
        values[random.nextInt(values.length)] = -100;
      }
      NDArray array = array(values);
      assertThat(ValueRange.ofDevice(array)).isEqualTo(ValueRange.ofHost(array));
    }
    NDArray ignored = array(-100, -100);
    assertThat(ValueRange.ofDevice(ignored).outside(1, true)).isEmpty();
    assertThat(ValueRange.ofDevice(ignored).outside(1, false)).isPresent();
  }

  @Test
  void everyTypeOfWholeNumbersIsReadAndNoOther() {
    for (DataType type : new DataType[] {DataType.INT64, DataType.INT32, DataType.UINT8}) {
      NDArray array = array(3, 1, 2, 9).toType(type, true);
      assertThat(ValueRange.read(array)).contains(new ValueRange(1, 1, 9, 3, -1));
    }
    assertThat(ValueRange.read(array(1, 2).toType(DataType.FLOAT32, true))).isEmpty();
    assertThat(ValueRange.read(manager.create(new long[0]))).isEmpty();
    NDArray turned = array(1, 2, 3, 4).transpose();
    assertThat(ValueRange.read(turned)).contains(new ValueRange(1, 0, 4, 3, -1));
  }

  @Test
  void whatIsOutsideIsNamedByItsRow() {
    NDArray array = array(0, 1, 2, 3, -4, 0);
    Optional<ValueRange.Outlier> below = ValueRange.ofHost(array).outside(4, true);
    assertThat(below).contains(new ValueRange.Outlier(-4, 4));
    assertThat(below.orElseThrow().row(array)).isEqualTo(2);
    assertThat(ValueRange.ofHost(array(0, 1, 2, 3)).outside(3, true))
        .contains(new ValueRange.Outlier(3, 3));
    assertThat(ValueRange.ofHost(array(0, 1, 2, 3)).outside(4, true)).isEmpty();
    assertThat(ValueRange.ofHost(array(0, -100, 2, 3)).outside(4, true)).isEmpty();
    assertThat(ValueRange.ofHost(array(0, -100, 2, 3)).outside(4, false))
        .contains(new ValueRange.Outlier(-100, 1));
  }

  @Test
  void whatWasNotedIsKnownUntilItsOwnerCloses() {
    NDManager owner = manager.newSubManager();
    NDArray there = owner.create(new long[] {1, 2});
    assertThat(ValueRange.before(there)).isEmpty(); // On a CPU a kernel can be asked.
    ValueRange.note(owner, there, array(1, 2));
    assertThat(ValueRange.before(there)).contains(new ValueRange(1, 0, 2, 1, -1));
    owner.close();
    NDArray equal = manager.create(new long[] {1, 2});
    assertThat(ValueRange.before(equal)).isEmpty();
  }
}
