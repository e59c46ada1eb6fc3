// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.nccl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** On a CPU, where the place of a tensor is known from its buffer, too. The way to it is the same on a GPU. */
class DeviceMemoryTest {
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private static Pointer buffer(NDArray array) {
    return Native.getDirectBufferPointer(array.toByteBuffer(true));
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "FLOAT64", "INT64"})
  void findsWhereATensorBegins(DataType type) {
    NDArray array = manager.create(new Shape(3, 5), type);

    DeviceMemory memory = DeviceMemory.of(array);

    assertThat(memory.start()).isEqualTo(buffer(array));
    assertThat(memory.count()).isEqualTo(15);
    assertThat(Pointer.nativeValue(memory.at(7)))
        .isEqualTo(Pointer.nativeValue(buffer(array)) + 7L * type.getNumOfBytes());
  }

  @Test
  void aPartOfATensorBeginsInTheMiddleOfIt() {
    NDArray flat = manager.arange(12f);
    NDArray part = flat.get("4:8");

    assertThat(DeviceMemory.of(part).start()).isEqualTo(DeviceMemory.of(flat).at(4));
    assertThat(DeviceMemory.of(part).start().getFloat(0)).isEqualTo(4);
  }

  @Test
  void aParameterThatRequiresAGradientIsFoundAsWell() {
    NDArray array = manager.ones(new Shape(4));
    array.setRequiresGradient(true);

    assertThat(DeviceMemory.of(array).start()).isEqualTo(buffer(array));
  }

  @Test
  void anEmptyTensorHasNoMemory() {
    DeviceMemory memory = DeviceMemory.of(manager.create(new Shape(0, 3)));

    assertThat(memory.start()).isNull();
    assertThat(memory.count()).isZero();
  }

  @Test
  void whatLibtorchWouldEndTheJvmForIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DeviceMemory.of(manager.create(new Shape(2), DataType.INT32)))
        .withMessageContaining("a tensor of the type int32 cannot be exchanged");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DeviceMemory.of(manager.create(new Shape(2), DataType.FLOAT16)))
        .withMessageContaining("float16");
  }

  @Test
  void aTensorWithGapsOrInAnotherOrderIsRefused() {
    NDArray matrix = manager.arange(6f).reshape(2, 3);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> DeviceMemory.of(matrix.transpose()))
        .withMessageContaining("(3, 2)")
        .withMessageContaining("copy it");
    assertThatIllegalArgumentException().isThrownBy(() -> DeviceMemory.of(matrix.get(":, 0:2")));
  }
}
