// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import java.util.Arrays;
import java.util.BitSet;

/** The values of one metric over the updates of a run. */
public final class Curve {

  private final String name;
  private long[] steps = new long[64];
  private double[] values = new double[64];
  private int size;

  /** Starts a curve without points. */
  public Curve(String name) {
    this.name = name;
  }

  /**
   * Adds a point behind the others. A second value at an update replaces the first, and an earlier
   * update drops what lies behind it: steps always rise.
   */
  public void add(long step, double value) {
    while (size > 0 && steps[size - 1] >= step) {
      size--;
    }
    if (size == steps.length) {
      steps = Arrays.copyOf(steps, 2 * size);
      values = Arrays.copyOf(values, 2 * size);
    }
    steps[size] = step;
    values[size] = value;
    size++;
  }

  /** Returns what is drawn, such as {@code eval_loss}. */
  public String name() {
    return name;
  }

  /** Returns the number of points. */
  public int size() {
    return size;
  }

  /** Returns the update of a point, counted from 0. */
  public long step(int index) {
    return steps[index];
  }

  /** Returns a value, which may be NaN or infinite. */
  public double value(int index) {
    return values[index];
  }

  /** Returns whether the value of a point is neither NaN nor infinite. */
  public boolean isFinite(int index) {
    return Double.isFinite(values[index]);
  }

  /** Returns the same points under another name. */
  Curve renamed(String other) {
    Curve copy = new Curve(other);
    for (int i = 0; i < size; i++) {
      copy.add(steps[i], values[i]);
    }
    return copy;
  }

  /** Returns how many values are NaN or infinite. */
  long nonFinite() {
    return Arrays.stream(values, 0, size).filter(value -> !Double.isFinite(value)).count();
  }

  /**
   * Returns a curve that looks the same and has few points.
   *
   * <p>The updates are cut into buckets of equal width. Of each bucket stay the smallest, the
   * largest and the first value that is not finite, where they are; so do the first and the last
   * point. Nothing is averaged, and no spike is lost.
   *
   * @param buckets at least 1
   * @return at most three points for each bucket and two more; this curve if it is no larger
   */
  public Curve thinned(int buckets) {
    if (size <= 2 * buckets) {
      return this;
    }
    BitSet kept = new BitSet(size);
    kept.set(0);
    kept.set(size - 1);
    double width = (double) (steps[size - 1] - steps[0] + 1) / buckets;
    int start = 0;
    while (start < size) {
      long bucket = bucket(start, width);
      int end = start;
      while (end < size && bucket(end, width) == bucket) {
        end++;
      }
      keepExtremes(start, end, kept);
      start = end;
    }
    Curve result = new Curve(name);
    kept.stream().forEach(i -> result.add(steps[i], values[i]));
    return result;
  }

  private long bucket(int index, double width) {
    return (long) ((steps[index] - steps[0]) / width);
  }

  private void keepExtremes(int start, int end, BitSet kept) {
    int lowest = -1;
    int highest = -1;
    int broken = -1;
    for (int i = start; i < end; i++) {
      if (!isFinite(i)) {
        broken = broken < 0 ? i : broken;
        continue;
      }
      lowest = lowest < 0 || values[i] < values[lowest] ? i : lowest;
      highest = highest < 0 || values[i] > values[highest] ? i : highest;
    }
    for (int index : new int[] {lowest, highest, broken}) {
      if (index >= 0) {
        kept.set(index);
      }
    }
  }
}
