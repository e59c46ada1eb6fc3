// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.trainer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;

/** Token ids as rows, which generation takes and gives, and as arrays. */
final class TokenRows {

  private TokenRows() {}

  /** Returns the rows of an array of shape [rows, length]. */
  static long[][] of(NDArray array) {
    int length = Math.toIntExact(array.getShape().get(1));
    long[] flat = array.toType(DataType.INT64, false).toLongArray();
    long[][] rows = new long[Math.toIntExact(array.getShape().get(0))][];
    Arrays.setAll(rows, i -> Arrays.copyOfRange(flat, i * length, (i + 1) * length));
    return rows;
  }

  /** Returns rows of one length as an array of shape [rows, length]. */
  static NDArray array(long[][] rows, NDManager manager) {
    long[] flat = Arrays.stream(rows).flatMapToLong(Arrays::stream).toArray();
    return manager.create(flat, new Shape(rows.length, rows[0].length));
  }

  /** Fills rows up at their ends. */
  static long[][] padded(long[][] rows, int length, long filler) {
    return Arrays.stream(rows)
        .map(
            row -> {
              long[] wide = Arrays.copyOf(row, Math.max(length, row.length));
              Arrays.fill(wide, row.length, wide.length, filler);
              return wide;
            })
        .toArray(long[][]::new);
  }

  /** Returns the length of the longest row, at least 1. */
  static int longest(long[][] rows) {
    return Math.max(1, Arrays.stream(rows).mapToInt(row -> row.length).max().orElse(1));
  }
}
