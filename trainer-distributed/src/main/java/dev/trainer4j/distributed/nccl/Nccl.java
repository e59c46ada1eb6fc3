// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.nccl;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.Structure;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import org.jspecify.annotations.Nullable;

/** The functions of NCCL's C interface that are needed, under their own names. Counts are of elements. */
final class Nccl {

  static final int SUCCESS = 0;

  /** Not a failure: a call of a communicator that does not block goes on. */
  static final int IN_PROGRESS = 7;

  static final int SUM = 0;

  /** {@code NCCL_UNIQUE_ID_BYTES}. */
  static final int UNIQUE_ID_BYTES = 128;

  private Nccl() {}

  /** Where the ranks of a communicator meet: {@code ncclUniqueId}, which is handed over as a whole. */
  @Structure.FieldOrder("internal")
  public static class UniqueId extends Structure {
    /** Its bytes. */
    public byte[] internal = new byte[UNIQUE_ID_BYTES];

    /** The same, as an argument that is copied. */
    public static final class ByValue extends UniqueId implements Structure.ByValue {

      /** Of the bytes that another rank gave. */
      static ByValue of(byte[] bytes) {
        ByValue id = new ByValue();
        System.arraycopy(bytes, 0, id.internal, 0, UNIQUE_ID_BYTES);
        return id;
      }
    }
  }

  /** Binds the functions to a library. */
  static void bind(NativeLibrary library) {
    Native.register(Nccl.class, library);
  }

  static native int ncclGetVersion(IntByReference version);

  static native int ncclGetUniqueId(UniqueId id);

  static native int ncclCommInitRank(
      PointerByReference comm, int ranks, UniqueId.ByValue id, int rank);

  static native int ncclCommDestroy(Pointer comm);

  static native int ncclCommAbort(Pointer comm);

  static native int ncclCommGetAsyncError(Pointer comm, IntByReference result);

  static native String ncclGetErrorString(int result);

  static native @Nullable String ncclGetLastError(@Nullable Pointer comm);

  static native int ncclAllReduce(
      Pointer send,
      Pointer receive,
      long count,
      int type,
      int op,
      Pointer comm,
      @Nullable Pointer stream);

  static native int ncclBroadcast(
      Pointer send,
      Pointer receive,
      long count,
      int type,
      int root,
      Pointer comm,
      @Nullable Pointer stream);

  static native int ncclReduceScatter(
      Pointer send,
      Pointer receive,
      long receiveCount,
      int type,
      int op,
      Pointer comm,
      @Nullable Pointer stream);

  static native int ncclAllGather(
      Pointer send,
      Pointer receive,
      long sendCount,
      int type,
      Pointer comm,
      @Nullable Pointer stream);

  /** NCCL's version as people write it, such as 2.21.5. */
  static String version() {
    IntByReference version = new IntByReference();
    check("ncclGetVersion", ncclGetVersion(version));
    int number = version.getValue();
    // Since 2.9 a minor version has two places.
    int major = number < 10_000 ? number / 1000 : number / 10_000;
    int minor = number < 10_000 ? number / 100 % 10 : number / 100 % 100;
    return major + "." + minor + "." + number % 100;
  }

  /** Returns the bytes of a new place to meet. */
  static byte[] newUniqueId() {
    UniqueId id = new UniqueId();
    check("ncclGetUniqueId", ncclGetUniqueId(id));
    return id.internal.clone();
  }

  /**
   * Throws for what is neither success nor still going on.
   *
   * @throws IllegalStateException with NCCL's own words
   */
  static void check(String function, int result) {
    if (result != SUCCESS && result != IN_PROGRESS) {
      throw new IllegalStateException(function + " failed: " + reason(result));
    }
  }

  /** What NCCL says of a result, and of what came last. */
  static String reason(int result) {
    String last = ncclGetLastError(null);
    return ncclGetErrorString(result)
        + (last == null || last.isBlank() ? "" : " (" + last.strip() + ")")
        + ". NCCL_DEBUG=INFO in the environment shows more";
  }
}
