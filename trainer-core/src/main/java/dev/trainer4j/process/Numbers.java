// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.process;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.DoubleBinaryOperator;

/** Numbers as the bytes that a group can gather. */
final class Numbers {

  private Numbers() {}

  /** Combines the values of all ranks, element by element, in the order of the ranks. */
  static double[] combine(ProcessGroup group, double[] values, DoubleBinaryOperator operator) {
    ByteBuffer own = ByteBuffer.allocate(values.length * Double.BYTES);
    own.asDoubleBuffer().put(values);
    List<byte[]> all = group.allGather(own.array());
    requireSameCount(all);
    double[] combined = new double[values.length];
    for (int rank = 0; rank < all.size(); rank++) {
      ByteBuffer bytes = ByteBuffer.wrap(all.get(rank));
      for (int i = 0; i < combined.length; i++) {
        double value = bytes.getDouble();
        combined[i] = rank == 0 ? value : operator.applyAsDouble(combined[i], value);
      }
    }
    return combined;
  }

  /** Combines numbers and flags in one message; see {@link JointNumbers}. */
  static JointNumbers join(ProcessGroup group, JointNumbers here) {
    BitSet flags = new BitSet();
    for (int i = 0; i < here.flags().length; i++) {
      flags.set(i, here.flags()[i]);
    }
    byte[] bits = Arrays.copyOf(flags.toByteArray(), (here.flags().length + 7) / 8);
    int numbers = here.sums().length + here.maxima().length;
    ByteBuffer own = ByteBuffer.allocate(numbers * Double.BYTES + bits.length);
    for (double sum : here.sums()) {
      own.putDouble(sum);
    }
    for (double maximum : here.maxima()) {
      own.putDouble(maximum);
    }
    own.put(bits);
    List<byte[]> all = group.allGather(own.array());
    requireSameCount(all);
    double[] sums = new double[here.sums().length];
    double[] maxima = new double[here.maxima().length];
    boolean[] any = new boolean[here.flags().length];
    for (int rank = 0; rank < all.size(); rank++) {
      ByteBuffer bytes = ByteBuffer.wrap(all.get(rank));
      for (int i = 0; i < sums.length; i++) {
        sums[i] += bytes.getDouble();
      }
      for (int i = 0; i < maxima.length; i++) {
        double value = bytes.getDouble();
        maxima[i] = rank == 0 ? value : Math.max(maxima[i], value);
      }
      BitSet ofRank = BitSet.valueOf(bytes.slice());
      for (int i = 0; i < any.length; i++) {
        any[i] |= ofRank.get(i);
      }
    }
    return new JointNumbers(sums, maxima, any);
  }

  /** Returns the number of each rank. */
  static long[] gather(ProcessGroup group, long value) {
    List<byte[]> all = group.allGather(ByteBuffer.allocate(Long.BYTES).putLong(0, value).array());
    requireSameCount(all);
    return all.stream().mapToLong(bytes -> ByteBuffer.wrap(bytes).getLong()).toArray();
  }

  /** All ranks see the same and compare with rank 0, so all of them fail or none. */
  private static void requireSameCount(List<byte[]> all) {
    for (int rank = 1; rank < all.size(); rank++) {
      if (all.get(rank).length != all.get(0).length) {
        throw new IllegalStateException(
            String.format(
                "rank %d gives %d numbers where rank 0 gives %d: the ranks do different things. Run the"
                    + " same program with the same arguments on all ranks.",
                rank, all.get(rank).length / Double.BYTES, all.get(0).length / Double.BYTES));
      }
    }
  }
}
