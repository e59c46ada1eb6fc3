// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.util.Arrays;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * A permutation that keeps samples of similar length together, by Hugging Face's rule: a random order
 * is cut into groups of up to 50 batches, each sorted with the longest first, and the longest of all
 * changes places with the first, so that memory runs out at once or never.
 *
 * <p>A group is sorted when it is first asked for; one is kept.
 */
final class LengthGroupedOrder implements SampleOrder {

  private static final int MOST_BATCHES = 50;
  private static final int LEAST_GROUPS = 4;

  private static final class Group {
    final long index;
    final long[] samples;

    Group(long index, long[] samples) {
      this.index = index;
      this.samples = samples;
    }
  }

  private final int[] lengths;
  private final SampleOrder shuffled;
  private final long groupSize;
  private volatile @Nullable Group latest;

  /** The group with the longest sample; below 0 until it is asked for. */
  private long longestGroup = -1;

  private long longest;
  private long first;

  LengthGroupedOrder(int[] lengths, int batchSize, long seed, long epoch) {
    this.lengths = lengths;
    shuffled = SampleOrder.shuffled(lengths.length, seed, epoch);
    long batches = lengths.length / ((long) batchSize * LEAST_GROUPS);
    groupSize = Math.max(1, Math.min(batches, MOST_BATCHES)) * batchSize;
  }

  @Override
  public long size() {
    return lengths.length;
  }

  @Override
  public long indexAt(long position) {
    if (position < 0 || position >= size()) {
      throw new IndexOutOfBoundsException(position + " is outside of the order of " + size());
    }
    long index = position / groupSize;
    int within = (int) (position % groupSize);
    if (within == 0) {
      locateLongest();
      if (index == 0) {
        return longest;
      }
      if (index == longestGroup) {
        return first;
      }
    }
    return group(index)[within];
  }

  private synchronized void locateLongest() {
    if (longestGroup >= 0) {
      return;
    }
    int most = -1;
    long at = 0;
    for (long position = 0; position < size(); position++) {
      int length = lengths[(int) shuffled.indexAt(position)];
      if (length > most) {
        most = length;
        at = position;
      }
    }
    first = group(0)[0];
    longest = group(at / groupSize)[0];
    longestGroup = at / groupSize;
  }

  private long[] group(long index) {
    Group kept = latest;
    if (kept != null && kept.index == index) {
      return kept.samples;
    }
    long start = index * groupSize;
    int count = (int) Math.min(groupSize, size() - start);
    Long[] samples = new Long[count];
    for (int i = 0; i < count; i++) {
      samples[i] = shuffled.indexAt(start + i);
    }
    // Stable: equal lengths stay in their random order.
    Arrays.sort(samples, Comparator.comparingInt((Long i) -> -lengths[(int) (long) i]));
    long[] sorted = Arrays.stream(samples).mapToLong(Long::longValue).toArray();
    latest = new Group(index, sorted);
    return sorted;
  }
}
