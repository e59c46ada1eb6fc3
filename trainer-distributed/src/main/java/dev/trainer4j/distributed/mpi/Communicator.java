// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;

/** A communicator of MPI's: who talks to whom. A call that fails is an exception with MPI's own words. */
final class Communicator implements AutoCloseable {

  private static final int SUCCESS = 0;

  private final MpiLibrary library;
  private final Pointer handle;
  private final int rank;
  private final int size;

  private Communicator(MpiLibrary library, Pointer handle) {
    this.library = library;
    this.handle = handle;
    check(
        "MPI_Comm_set_errhandler",
        OpenMpi.MPI_Comm_set_errhandler(handle, library.handle("mpi_errors_return")));
    IntByReference number = new IntByReference();
    check("MPI_Comm_rank", OpenMpi.MPI_Comm_rank(handle, number));
    rank = number.getValue();
    check("MPI_Comm_size", OpenMpi.MPI_Comm_size(handle, number));
    size = number.getValue();
  }

  /** Copies the communicator of all processes. A collective. */
  static Communicator ofAll(MpiLibrary library) {
    PointerByReference copy = new PointerByReference();
    check("MPI_Comm_dup", OpenMpi.MPI_Comm_dup(library.handle("mpi_comm_world"), copy));
    return new Communicator(library, copy.getValue());
  }

  /** Returns the communicator of those who give the same number. A collective. */
  Communicator split(int color) {
    PointerByReference part = new PointerByReference();
    check("MPI_Comm_split", OpenMpi.MPI_Comm_split(handle, color, rank, part));
    return new Communicator(library, part.getValue());
  }

  /** Returns the communicator of those that share memory with this process. A collective. */
  Communicator ofMachine() {
    PointerByReference part = new PointerByReference();
    check(
        "MPI_Comm_split_type",
        OpenMpi.MPI_Comm_split_type(
            handle, OpenMpi.COMM_TYPE_SHARED, rank, library.handle("mpi_info_null"), part));
    return new Communicator(library, part.getValue());
  }

  int rank() {
    return rank;
  }

  int size() {
    return size;
  }

  void broadcast(Pointer memory, int count, ElementType type, int root) {
    check("MPI_Bcast", OpenMpi.MPI_Bcast(memory, count, type(type), root, handle));
  }

  /** Sums into the memory of each rank. */
  void sum(Pointer memory, int count, ElementType type) {
    check(
        "MPI_Allreduce",
        OpenMpi.MPI_Allreduce(OpenMpi.IN_PLACE, memory, count, type(type), sum(), handle));
  }

  /** Sums into the memory of one rank. */
  void sumAt(int root, Pointer memory, int count, ElementType type) {
    boolean here = rank == root;
    check(
        "MPI_Reduce",
        OpenMpi.MPI_Reduce(
            here ? OpenMpi.IN_PLACE : memory,
            here ? memory : null,
            count,
            type(type),
            sum(),
            root,
            handle));
  }

  /** Sums, and leaves this rank's part of {@code count} elements at the start of the memory. */
  void sumScattered(Pointer memory, int count, ElementType type) {
    check(
        "MPI_Reduce_scatter_block",
        OpenMpi.MPI_Reduce_scatter_block(
            OpenMpi.IN_PLACE, memory, count, type(type), sum(), handle));
  }

  /** Fills the memory with the parts of {@code count} elements that each rank has in its place. */
  void gather(Pointer memory, int count, ElementType type) {
    check(
        "MPI_Allgather",
        OpenMpi.MPI_Allgather(OpenMpi.IN_PLACE, 0, type(type), memory, count, type(type), handle));
  }

  /** Fills the memory with the bytes that each rank has in its place. */
  void gatherBytes(Pointer memory, Pointer counts, Pointer offsets) {
    check(
        "MPI_Allgatherv",
        OpenMpi.MPI_Allgatherv(
            OpenMpi.IN_PLACE,
            0,
            type(ElementType.BYTE),
            memory,
            counts,
            offsets,
            type(ElementType.BYTE),
            handle));
  }

  private Pointer type(ElementType type) {
    return library.handle(type.handle());
  }

  private Pointer sum() {
    return library.handle("mpi_op_sum");
  }

  static void check(String function, int code) {
    if (code == SUCCESS) {
      return;
    }
    byte[] text = new byte[OpenMpi.MAX_ERROR_STRING];
    OpenMpi.MPI_Error_string(code, text, new IntByReference());
    throw new IllegalStateException(
        function
            + " failed: "
            + Native.toString(text, "UTF-8")
            + ". The group cannot be used any more.");
  }

  @Override
  public void close() {
    check("MPI_Comm_free", OpenMpi.MPI_Comm_free(new PointerByReference(handle)));
  }
}
