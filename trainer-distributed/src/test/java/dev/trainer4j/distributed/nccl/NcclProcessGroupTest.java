// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.nccl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.distributed.mpi.Mpirun;
import dev.trainer4j.process.ProcessGroup;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Ranks with GPUs, as far as there are any. */
@Timeout(300)
class NcclProcessGroupTest {

  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @TempDir Path folder;

  @Tag("cpu") // It is about libtorch's build for the CPU.
  @Test
  void whatIsNotOnAGpuGoesThroughOpenMpi() throws Exception {
    Mpirun.Ended ended = Mpirun.of(2, folder).run(NcclMain.class, "cpu");

    assertThat(ended.output()).contains("all is well\nall is well\n");
    assertThat(ended.exitCode()).isZero();
  }

  @Tag("gpu") // It needs two.
  @Test
  void twoRanksAddUpOnTheirGpus() throws Exception {
    Mpirun.Ended ended = Mpirun.of(2, folder).run(NcclMain.class, "gpu");

    assertThat(ended.output()).contains("all is well\nall is well\n");
    assertThat(ended.exitCode()).isZero();
  }

  /** NCCL knows a world of one, too: each collective leaves the tensor as it is, in its place among other kernels. */
  @Tag("gpu") // It needs one.
  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "FLOAT64", "INT64"})
  void everyFunctionRunsOnTheMemoryOfATensor(DataType type) {
    try (NDManager manager = NDManager.newBaseManager(Device.gpu(), "PyTorch");
        NcclCommunicator alone =
            NcclCommunicator.join(ProcessGroup.single(), manager.getDevice().getDeviceId())) {
      NDArray array = manager.zeros(new Shape(1 << 20), type).addi(3);
      DeviceMemory memory = DeviceMemory.of(array);
      int element = memory.type().nccl();
      alone.run(
          "ncclAllReduce",
          "a sum",
          PATIENCE,
          (comm, stream) ->
              Nccl.ncclAllReduce(
                  memory.at(0), memory.at(0), memory.count(), element, Nccl.SUM, comm, stream));
      array.muli(2);
      alone.run(
          "ncclBroadcast",
          "a broadcast",
          PATIENCE,
          (comm, stream) ->
              Nccl.ncclBroadcast(
                  memory.at(0), memory.at(0), memory.count(), element, 0, comm, stream));
      alone.run(
          "ncclReduceScatter",
          "a scatter",
          PATIENCE,
          (comm, stream) ->
              Nccl.ncclReduceScatter(
                  memory.at(0), memory.at(0), memory.count(), element, Nccl.SUM, comm, stream));
      alone.run(
          "ncclAllGather",
          "a gather",
          PATIENCE,
          (comm, stream) ->
              Nccl.ncclAllGather(
                  memory.at(0), memory.at(0), memory.count(), element, comm, stream));

      assertThat(array.eq(6).all().getBoolean()).isTrue();
    }
  }

  @Tag("gpu") // It needs one.
  @Test
  void aCallThatNcclRefusesIsAnErrorAndLeavesTheCommunicator() {
    try (NcclCommunicator alone = NcclCommunicator.join(ProcessGroup.single(), 0)) {
      NcclCommunicator.Call ofNoSuchRoot =
          (comm, stream) -> Nccl.ncclBroadcast(comm, comm, 1, 7, 5, comm, stream);

      assertThatIllegalStateException()
          .isThrownBy(() -> alone.run("ncclBroadcast", "a broadcast", PATIENCE, ofNoSuchRoot))
          .withMessageContaining("ncclBroadcast failed in a broadcast: invalid argument");
      assertThatIllegalStateException()
          .isThrownBy(() -> alone.run("ncclBroadcast", "another", PATIENCE, ofNoSuchRoot))
          .withMessageContaining("cannot exchange tensors on GPUs any more");
    }
  }
}
