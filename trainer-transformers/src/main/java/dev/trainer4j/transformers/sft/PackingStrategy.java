// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

/** How rows are packed into blocks of {@code maxLength} tokens. */
public enum PackingStrategy {
  /** Best fit, longest first; of a row longer than a block, what does not fit is cut off. */
  BFD,
  /** Best fit, longest first; a row longer than a block is cut into blocks before, so that no token is lost. */
  BFD_SPLIT,
  /** All rows one behind the other, cut every block: rows may cross blocks, and nothing keeps them apart. */
  WRAPPED;

  /** Whether a block is made of whole rows, which are kept apart in attention. */
  boolean keepsRowsApart() {
    return this != WRAPPED;
  }
}
