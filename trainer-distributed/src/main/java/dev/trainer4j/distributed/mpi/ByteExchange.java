// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import com.sun.jna.Memory;
import java.util.ArrayList;
import java.util.List;

/**
 * Gathers bytes of all ranks. Each first gives a slot of fixed size: what it believes to be doing, how many
 * bytes it has, and those bytes if they fit, as yes, no and numbers do.
 */
final class ByteExchange {

  private static final int SLOT = 256;
  private static final int HEADER = 16;

  private final Communicator communicator;
  private final int chunk;
  private final Memory slots;

  ByteExchange(Communicator communicator, int chunk) {
    this.communicator = communicator;
    this.chunk = chunk;
    slots = new Memory((long) SLOT * communicator.size());
  }

  /** What another rank is doing is something else. All ranks get this, or none. */
  static final class Mismatch extends Exception {
    private static final long serialVersionUID = 1;

    Mismatch() {
      super("the ranks do different things");
    }
  }

  /**
   * Returns the bytes of all ranks.
   *
   * @param fingerprint of what this rank is doing
   */
  List<byte[]> gather(long fingerprint, byte[] own) throws Mismatch {
    long at = (long) SLOT * communicator.rank();
    slots.setLong(at, fingerprint);
    slots.setLong(at + 8, own.length);
    if (own.length <= SLOT - HEADER) {
      slots.write(at + HEADER, own, 0, own.length);
    }
    communicator.gather(slots, SLOT, ElementType.BYTE);
    int[] lengths = new int[communicator.size()];
    boolean fit = true;
    for (int rank = 0; rank < lengths.length; rank++) {
      if (slots.getLong((long) SLOT * rank) != slots.getLong(0)) {
        throw new Mismatch();
      }
      lengths[rank] = (int) slots.getLong((long) SLOT * rank + 8);
      fit &= lengths[rank] <= SLOT - HEADER;
    }
    return fit ? fromSlots(lengths) : gatherLong(own, lengths);
  }

  private List<byte[]> fromSlots(int[] lengths) {
    List<byte[]> all = new ArrayList<>();
    for (int rank = 0; rank < lengths.length; rank++) {
      all.add(slots.getByteArray((long) SLOT * rank + HEADER, lengths[rank]));
    }
    return all;
  }

  private List<byte[]> gatherLong(byte[] own, int[] lengths) {
    long total = 0;
    for (int length : lengths) {
      total += length;
    }
    return total <= chunk ? together(own, lengths, (int) total) : oneByOne(own, lengths);
  }

  private List<byte[]> together(byte[] own, int[] lengths, int total) {
    int size = lengths.length;
    List<byte[]> all = new ArrayList<>();
    try (Memory bytes = new Memory(total);
        Memory counts = new Memory((long) Integer.BYTES * size);
        Memory offsets = new Memory((long) Integer.BYTES * size)) {
      int offset = 0;
      for (int rank = 0; rank < size; rank++) {
        counts.setInt((long) Integer.BYTES * rank, lengths[rank]);
        offsets.setInt((long) Integer.BYTES * rank, offset);
        if (rank == communicator.rank()) {
          bytes.write(offset, own, 0, own.length);
        }
        offset += lengths[rank];
      }
      communicator.gatherBytes(bytes, counts, offsets);
      for (int rank = 0; rank < size; rank++) {
        all.add(bytes.getByteArray(offsets.getInt((long) Integer.BYTES * rank), lengths[rank]));
      }
    }
    return all;
  }

  private List<byte[]> oneByOne(byte[] own, int[] lengths) {
    List<byte[]> all = new ArrayList<>();
    for (int rank = 0; rank < lengths.length; rank++) {
      byte[] bytes = rank == communicator.rank() ? own.clone() : new byte[lengths[rank]];
      try (Memory part = new Memory(Math.min(chunk, Math.max(1, lengths[rank])))) {
        for (int start = 0; start < bytes.length; start += chunk) {
          int count = Math.min(chunk, bytes.length - start);
          part.write(0, bytes, start, count);
          communicator.broadcast(part, count, ElementType.BYTE, rank);
          part.read(0, bytes, start, count);
        }
      }
      all.add(bytes);
    }
    return all;
  }
}
