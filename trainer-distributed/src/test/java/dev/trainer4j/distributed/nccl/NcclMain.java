// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.nccl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.distributed.LaunchedProcesses;
import dev.trainer4j.distributed.mpi.MpiProcessGroup;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.torch.Devices;

/** A rank of a group that would use NCCL for what is on a GPU. Argument: what is tried. */
public final class NcclMain {

  private NcclMain() {}

  /** Runs in every rank. */
  public static void main(String[] args) {
    try (ProcessGroup all = new LaunchedProcesses().join().orElseThrow();
        NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      if (args[0].equals("gpu")) {
        onGpu(all);
      } else {
        onCpu((MpiProcessGroup) all, manager);
      }
      all.barrier();
    }
    System.out.println("all is well");
  }

  private static void onCpu(MpiProcessGroup mpi, NDManager manager) {
    ProcessGroup group = new NcclProcessGroup(mpi);
    assertThat(group.backend(Device.cpu())).isEqualTo("mpi");
    assertThat(group.backend(Device.gpu())).isEqualTo("nccl");
    int ranks = group.worldSize();
    NDArray sum = manager.ones(new Shape(5));
    group.allReduce(sum);
    assertThat(sum.toFloatArray()).containsOnly(ranks);
    NDArray given = manager.ones(new Shape(5)).mul(group.rank() + 1);
    group.broadcast(given, ranks - 1);
    assertThat(given.toFloatArray()).containsOnly(ranks);
    NDArray parts = manager.ones(new Shape(ranks, 3)).mul(group.rank() + 1);
    group.allGather(parts);
    assertThat(parts.get(ranks - 1).toFloatArray()).containsOnly(ranks);
    NDArray scattered = manager.ones(new Shape(ranks, 3));
    group.reduceScatter(scattered);
    assertThat(scattered.get(group.rank()).toFloatArray()).containsOnly(ranks);
    assertThat(group.sum(1)).containsExactly(ranks);
    try (ProcessGroup alone = group.split(group.rank())) {
      assertThat(alone.worldSize()).isEqualTo(1);
    }
    assertThatIllegalStateException()
        .isThrownBy(() -> NcclCommunicator.join(group, 0))
        .withMessageStartingWith("rank 0: libtorch in ")
        .withMessageContaining("is a build for the CPU");
  }

  /** Needs a GPU for each rank. */
  private static void onGpu(ProcessGroup group) {
    assertThat(group).isInstanceOf(NcclProcessGroup.class);
    Device own = Devices.require("the device of this rank", Device.gpu(group.localRank()));
    try (NDManager manager = NDManager.newBaseManager(own, "PyTorch")) {
      NDArray sum = manager.ones(new Shape(1 << 20)).mul(group.rank() + 1);
      group.allReduce(sum);
      int ranks = group.worldSize();
      assertThat(sum.sum().getFloat()).isEqualTo((1 << 20) * ranks * (ranks + 1) / 2f);
    }
  }
}
