// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.util.Objects;

/**
 * A keyed permutation: a Feistel network, whose rounds can be undone whatever the round function,
 * permutes the numbers of an even count of bits; numbers beyond the size are sent through again
 * until one is inside ("cycle walking", Black and Rogaway 2002), fewer than four times on average.
 *
 * <p>Changing anything here changes the order of the samples in every resumed run.
 */
final class ShuffledOrder implements SampleOrder {

  private static final int ROUNDS = 10;

  /** Few bits leave few round functions to choose from, and some orders would never appear. */
  private static final int LEAST_HALF_BITS = 4;

  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  private final long size;
  private final int halfBits;
  private final long halfMask;
  private final long[] roundKeys = new long[ROUNDS];

  ShuffledOrder(long size, long seed, long epoch) {
    this.size = new SequentialOrder(size).size();
    int bits = Long.SIZE - Long.numberOfLeadingZeros(Math.max(0, size - 1));
    halfBits = Math.max(LEAST_HALF_BITS, (bits + 1) / 2);
    halfMask = (1L << halfBits) - 1;
    long state = mix(mix(seed) + GOLDEN_GAMMA * (epoch + 1));
    for (int round = 0; round < ROUNDS; round++) {
      state += GOLDEN_GAMMA;
      roundKeys[round] = mix(state);
    }
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public long indexAt(long position) {
    long index = Objects.checkIndex(position, size);
    do {
      index = permute(index);
    } while (Long.compareUnsigned(index, size) >= 0);
    return index;
  }

  private long permute(long value) {
    long left = value >>> halfBits;
    long right = value & halfMask;
    for (long key : roundKeys) {
      long mixed = left ^ (mix(right + key) & halfMask);
      left = right;
      right = mixed;
    }
    return left << halfBits | right;
  }

  /** The finalizer of SplitMix64 (Steele, Lea and Flood 2014). */
  private static long mix(long value) {
    value = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    value = (value ^ (value >>> 27)) * 0x94D049BB133111EBL;
    return value ^ (value >>> 31);
  }
}
