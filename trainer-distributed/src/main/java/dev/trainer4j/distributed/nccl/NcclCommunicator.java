// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.nccl;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import dev.trainer4j.process.Agreement;
import dev.trainer4j.process.ProcessGroup;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** This rank in a communicator of NCCL's, and its GPU. A call that fails is an exception with NCCL's or CUDA's own words. */
final class NcclCommunicator implements AutoCloseable {

  private final Pointer handle;
  private final Pointer event;
  private final int device;
  private final String who;
  private @Nullable String broken;

  private NcclCommunicator(Pointer handle, Pointer event, int device, String who) {
    this.handle = handle;
    this.event = event;
    this.device = device;
    this.who = who;
  }

  /**
   * Brings the ranks of a group together. A collective of that group, which fails on all of its ranks or none where NCCL is
   * missing.
   *
   * @param device the number of this rank's GPU
   * @throws IllegalStateException if NCCL is missing, another version on another rank, or refuses
   */
  static NcclCommunicator join(ProcessGroup group, int device) {
    String problem = null;
    byte[] id = {};
    try {
      CudaLibraries.bind();
      id = group.rank() == 0 ? Nccl.newUniqueId() : id;
    } catch (IllegalStateException e) {
      problem = e.getMessage();
    }
    Agreement agreement = new Agreement(group);
    String first = agreement.firstProblem(problem);
    if (first != null) {
      throw new IllegalStateException(first);
    }
    agreement.requireSame("the version of NCCL", Nccl.version());
    byte[] place = group.allGather(id).get(0);
    Cuda.check("cudaSetDevice", Cuda.cudaSetDevice(device));
    PointerByReference handle = new PointerByReference();
    Nccl.check(
        "ncclCommInitRank",
        Nccl.ncclCommInitRank(
            handle, group.worldSize(), Nccl.UniqueId.ByValue.of(place), group.rank()));
    PointerByReference event = new PointerByReference();
    Cuda.check("cudaEventCreateWithFlags", Cuda.cudaEventCreateWithFlags(event, Cuda.NO_TIMING));
    return new NcclCommunicator(handle.getValue(), event.getValue(), device, group.toString());
  }

  int device() {
    return device;
  }

  /** A call of NCCL's with a communicator and a stream. */
  @FunctionalInterface
  interface Call {
    int run(Pointer communicator, @Nullable Pointer stream);
  }

  /**
   * Submits a collective behind all that libtorch has submitted, and waits until the GPU has done it.
   *
   * @param function the name of NCCL's function
   * @param what the collective is, for messages
   * @throws IllegalStateException if it fails, or does not end in time; the communicator is then left, and of no more use
   */
  void run(String function, String what, Duration timeout, Call call) {
    if (broken != null) {
      throw new IllegalStateException(who + " cannot exchange tensors on GPUs any more: " + broken);
    }
    Cuda.check("cudaSetDevice", Cuda.cudaSetDevice(device));
    int submitted = call.run(handle, Cuda.DEFAULT_STREAM);
    if (submitted != Nccl.SUCCESS && submitted != Nccl.IN_PROGRESS) {
      throw leave(function + " failed in " + what + ": " + Nccl.reason(submitted));
    }
    Cuda.check("cudaEventRecord", Cuda.cudaEventRecord(event, Cuda.DEFAULT_STREAM));
    IntByReference result = new IntByReference();
    Work.Outcome outcome =
        Work.await(
            () -> Cuda.cudaEventQuery(event),
            () -> {
              int asked = Nccl.ncclCommGetAsyncError(handle, result);
              return asked == Nccl.SUCCESS ? result.getValue() : asked;
            },
            timeout.toNanos());
    switch (outcome.end()) {
      case DONE -> {}
      case FAILED ->
          throw leave("the GPU failed in " + what + ": " + Cuda.cudaGetErrorString(outcome.code()));
      case BROKEN ->
          throw leave(
              "NCCL failed in "
                  + what
                  + ", as when another rank has ended: "
                  + Nccl.reason(outcome.code()));
      case TIMED_OUT ->
          throw leave(
              what
                  + " on gpu("
                  + device
                  + ") did not end in "
                  + timeout.toSeconds()
                  + " s (ddp_timeout): a rank hangs, or the network between GPUs does");
    }
  }

  /** NCCL's kernels wait on the GPU for other ranks, and end with the communicator alone. */
  private IllegalStateException leave(String why) {
    broken = why;
    Nccl.ncclCommAbort(handle);
    return new IllegalStateException(who + ": " + why);
  }

  @Override
  public void close() {
    if (broken == null) {
      broken = "it is closed";
      Nccl.check("ncclCommDestroy", Nccl.ncclCommDestroy(handle));
    }
    Cuda.cudaEventDestroy(event);
  }
}
