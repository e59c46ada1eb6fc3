// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.generation;

/** Turns token ids into text; a tokenizer's {@code decode} fits. */
@FunctionalInterface
public interface TokenDecoder {

  /** Returns the text of {@code ids}, special tokens included or not as the stop strings need it. */
  String decode(long[] ids);
}
