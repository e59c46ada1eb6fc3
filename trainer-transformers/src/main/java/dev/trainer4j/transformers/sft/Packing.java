// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import java.util.List;

/** From the lengths of rows to blocks that are made of them. */
@FunctionalInterface
interface Packing {

  /** As many rows are packed together, which are those that TRL hands to its packing at a time. */
  int BATCH = 1000;

  /**
   * Part of a row.
   *
   * @param row its index
   * @param from the first token
   * @param to the token behind the last one
   */
  record Piece(long row, int from, int to) {

    int length() {
      return to - from;
    }
  }

  /**
   * Packs rows.
   *
   * @param first the index of the first row
   * @param lengths the lengths of this row and the following ones; rows without tokens are left out
   * @return the blocks, each of one piece at least
   */
  List<List<Piece>> pack(long first, int[] lengths);

  /** Returns the packing by a strategy, into blocks of at most so many tokens. */
  static Packing of(PackingStrategy strategy, int blockLength) {
    return switch (strategy) {
      case BFD -> new BestFitPacking(blockLength, false);
      case BFD_SPLIT -> new BestFitPacking(blockLength, true);
      case WRAPPED -> new WrappedPacking(blockLength);
    };
  }
}
