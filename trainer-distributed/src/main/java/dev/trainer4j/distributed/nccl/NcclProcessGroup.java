// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.nccl;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import com.sun.jna.Pointer;
import dev.trainer4j.distributed.mpi.MpiProcessGroup;
import dev.trainer4j.process.ProcessGroup;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Processes with a GPU each. Tensors on GPUs go through NCCL, from memory to memory; bytes, numbers and tensors on the
 * CPU through Open MPI, which also tells what a rank does that hangs.
 *
 * <p>The ranks meet in NCCL with their first tensor on a GPU. A collective returns when the GPU has done it.
 */
public final class NcclProcessGroup implements ProcessGroup {

  /** Open MPI's watch names a rank that hangs, and ends the job; so it comes first. */
  private static final Duration AFTER_THE_WATCH = Duration.ofSeconds(30);

  private final MpiProcessGroup others;
  private Duration timeout = Duration.ofMinutes(30);
  private @Nullable NcclCommunicator communicator;

  /**
   * Makes a group of the same ranks.
   *
   * @param others what carries all else; closed with this one
   */
  public NcclProcessGroup(MpiProcessGroup others) {
    this.others = others;
  }

  @Override
  public int rank() {
    return others.rank();
  }

  @Override
  public int worldSize() {
    return others.worldSize();
  }

  @Override
  public int localRank() {
    return others.localRank();
  }

  @Override
  public int nodeRank() {
    return others.nodeRank();
  }

  @Override
  public String backend(Device device) {
    return device.isGpu() ? "nccl" : others.backend(device);
  }

  @Override
  public void limitWaits(Duration limit) {
    timeout = limit;
    others.limitWaits(limit);
  }

  @Override
  public void broadcast(NDArray array, int root) {
    Objects.checkIndex(root, worldSize());
    if (!array.getDevice().isGpu()) {
      others.broadcast(array, root);
      return;
    }
    run(
        "broadcast",
        root,
        array,
        "ncclBroadcast",
        (memory, comm, stream) ->
            Nccl.ncclBroadcast(
                memory.at(0),
                memory.at(0),
                memory.count(),
                memory.type().nccl(),
                root,
                comm,
                stream));
  }

  @Override
  public void allReduce(NDArray array) {
    if (!array.getDevice().isGpu()) {
      others.allReduce(array);
      return;
    }
    run(
        "allReduce",
        -1,
        array,
        "ncclAllReduce",
        (memory, comm, stream) ->
            Nccl.ncclAllReduce(
                memory.at(0),
                memory.at(0),
                memory.count(),
                memory.type().nccl(),
                Nccl.SUM,
                comm,
                stream));
  }

  @Override
  public void reduceScatter(NDArray array) {
    if (!array.getDevice().isGpu()) {
      others.reduceScatter(array);
      return;
    }
    MpiProcessGroup.requireParts(array, worldSize());
    run(
        "reduceScatter",
        -1,
        array,
        "ncclReduceScatter",
        (memory, comm, stream) -> {
          long part = memory.count() / worldSize();
          return Nccl.ncclReduceScatter(
              memory.at(0),
              memory.at(part * rank()),
              part,
              memory.type().nccl(),
              Nccl.SUM,
              comm,
              stream);
        });
  }

  @Override
  public void allGather(NDArray array) {
    if (!array.getDevice().isGpu()) {
      others.allGather(array);
      return;
    }
    MpiProcessGroup.requireParts(array, worldSize());
    run(
        "allGather",
        -1,
        array,
        "ncclAllGather",
        (memory, comm, stream) -> {
          long part = memory.count() / worldSize();
          return Nccl.ncclAllGather(
              memory.at(part * rank()), memory.at(0), part, memory.type().nccl(), comm, stream);
        });
  }

  /** A call of NCCL's on the memory of a tensor. */
  @FunctionalInterface
  private interface MemoryCall {
    int run(DeviceMemory memory, Pointer communicator, @Nullable Pointer stream);
  }

  private void run(String name, int root, NDArray array, String function, MemoryCall call) {
    DeviceMemory memory = DeviceMemory.of(array);
    NcclCommunicator ranks = communicator(array.getDevice());
    String what =
        name + " of " + array.getDataType() + " " + Arrays.toString(array.getShape().getShape());
    others.carried(
        name,
        root,
        array,
        () -> {
          if (memory.count() > 0) {
            ranks.run(
                function,
                what,
                timeout.plus(AFTER_THE_WATCH),
                (comm, stream) -> call.run(memory, comm, stream));
          }
        });
  }

  private NcclCommunicator communicator(Device device) {
    NcclCommunicator joined = communicator;
    if (joined == null) {
      joined = NcclCommunicator.join(others, device.getDeviceId());
      communicator = joined;
    }
    if (joined.device() != device.getDeviceId()) {
      throw new IllegalArgumentException(
          "a tensor on "
              + device
              + " cannot be exchanged: this rank's tensors are on gpu("
              + joined.device()
              + "), and a process has one GPU");
    }
    return joined;
  }

  @Override
  public List<byte[]> allGather(byte[] bytes) {
    return others.allGather(bytes);
  }

  @Override
  public ProcessGroup split(int color) {
    NcclProcessGroup part = new NcclProcessGroup((MpiProcessGroup) others.split(color));
    part.timeout = timeout;
    return part;
  }

  @Override
  public void close() {
    try (MpiProcessGroup last = others) {
      if (communicator != null) {
        communicator.close();
        communicator = null;
      }
    }
  }

  @Override
  public String toString() {
    return others.toString();
  }
}
