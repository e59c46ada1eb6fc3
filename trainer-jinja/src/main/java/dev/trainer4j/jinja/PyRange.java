// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

/** Python's {@code range}, of at most 100,000 numbers. */
record PyRange(long start, long stop, long step) {

  private static final int LONGEST = 100_000;

  PyRange {
    if (step == 0) {
      throw PyError.value("range() arg 3 must not be zero");
    }
    if (count(start, stop, step) > LONGEST) {
      throw PyError.overflow(
          "Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000).");
    }
  }

  private static double count(long start, long stop, long step) {
    double span = step > 0 ? (double) stop - start : (double) start - stop;
    return span <= 0 ? 0 : Math.ceil(span / Math.abs((double) step));
  }

  int size() {
    return (int) count(start, stop, step);
  }

  long get(int index) {
    return start + index * step;
  }

  /** Whether two ranges hold the same numbers, which is what makes them equal. */
  boolean same(PyRange other) {
    int size = size();
    return size == other.size()
        && (size == 0 || (start == other.start && (size == 1 || step == other.step)));
  }
}
