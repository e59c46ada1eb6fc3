// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import org.jspecify.annotations.Nullable;

/** The functions of Open MPI's C interface that are needed, under their own names; handles are pointers. */
final class OpenMpi {

  /** {@code MPI_IN_PLACE}. */
  static final Pointer IN_PLACE = Pointer.createConstant(1);

  static final int THREAD_MULTIPLE = 3;

  static final int MAX_ERROR_STRING = 256;

  static final int COMM_TYPE_SHARED = 0;

  private OpenMpi() {}

  /** Binds the functions to a library. */
  static void bind(NativeLibrary library) {
    Native.register(OpenMpi.class, library);
  }

  static native int MPI_Initialized(IntByReference flag);

  static native int MPI_Init_thread(
      @Nullable Pointer argc, @Nullable Pointer argv, int required, IntByReference provided);

  static native int MPI_Finalize();

  static native int MPI_Abort(Pointer comm, int code);

  static native int MPI_Get_library_version(byte[] version, IntByReference length);

  static native int MPI_Error_string(int code, byte[] text, IntByReference length);

  static native int MPI_Comm_set_errhandler(Pointer comm, Pointer handler);

  static native int MPI_Comm_rank(Pointer comm, IntByReference rank);

  static native int MPI_Comm_size(Pointer comm, IntByReference size);

  static native int MPI_Comm_dup(Pointer comm, PointerByReference copy);

  static native int MPI_Comm_split(Pointer comm, int color, int key, PointerByReference part);

  static native int MPI_Comm_split_type(
      Pointer comm, int type, int key, Pointer info, PointerByReference part);

  static native int MPI_Comm_free(PointerByReference comm);

  static native int MPI_Bcast(Pointer buffer, int count, Pointer type, int root, Pointer comm);

  static native int MPI_Reduce(
      Pointer send,
      @Nullable Pointer receive,
      int count,
      Pointer type,
      Pointer op,
      int root,
      Pointer comm);

  static native int MPI_Allreduce(
      Pointer send, Pointer receive, int count, Pointer type, Pointer op, Pointer comm);

  static native int MPI_Reduce_scatter_block(
      Pointer send, Pointer receive, int count, Pointer type, Pointer op, Pointer comm);

  static native int MPI_Allgather(
      Pointer send,
      int sendCount,
      Pointer sendType,
      Pointer receive,
      int receiveCount,
      Pointer receiveType,
      Pointer comm);

  static native int MPI_Allgatherv(
      Pointer send,
      int sendCount,
      Pointer sendType,
      Pointer receive,
      Pointer receiveCounts,
      Pointer offsets,
      Pointer receiveType,
      Pointer comm);
}
