// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.nccl;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import org.jspecify.annotations.Nullable;

/** The functions of CUDA's runtime that are needed, under their own names; and libtorch's way to a tensor's memory. */
final class Cuda {

  static final int SUCCESS = 0;

  /** {@code cudaErrorNotReady}: not a failure. */
  static final int NOT_READY = 600;

  /** {@code cudaEventDisableTiming}: an event that is only asked whether it has come. */
  static final int NO_TIMING = 2;

  /**
   * The stream that DJL's libtorch computes on, in every thread: CUDA's own default one. What is submitted to it runs in the
   * order of submission, so a collective comes after what makes its tensor, and before what reads it.
   */
  static final @Nullable Pointer DEFAULT_STREAM = null;

  private Cuda() {}

  /** Binds the functions to a library. */
  static void bind(NativeLibrary library) {
    Native.register(Cuda.class, library);
  }

  static native int cudaSetDevice(int device);

  static native int cudaEventCreateWithFlags(PointerByReference event, int flags);

  static native int cudaEventRecord(Pointer event, @Nullable Pointer stream);

  static native int cudaEventQuery(Pointer event);

  static native int cudaEventDestroy(Pointer event);

  static native String cudaGetErrorString(int error);

  /**
   * Throws for what is not success.
   *
   * @throws IllegalStateException with CUDA's own words
   */
  static void check(String function, int error) {
    if (error != SUCCESS) {
      throw new IllegalStateException(function + " failed: " + cudaGetErrorString(error));
    }
  }
}
