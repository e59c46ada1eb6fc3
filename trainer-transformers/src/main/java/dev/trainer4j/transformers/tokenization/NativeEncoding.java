// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;

/**
 * What a text was encoded to, in the memory of the native library. What is asked for is copied, nothing else:
 * strings and spans take a good part of the time of the encoding itself.
 */
final class NativeEncoding implements AutoCloseable {

  private static final TokenizersLibrary LIBRARY = TokenizersLibrary.LIB;

  private final long handle;

  NativeEncoding(long handle) {
    this.handle = handle;
  }

  int[] ids() {
    return ints(LIBRARY.getTokenIds(handle));
  }

  int[] typeIds() {
    return ints(LIBRARY.getTypeIds(handle));
  }

  int[] specialTokensMask() {
    return ints(LIBRARY.getSpecialTokenMask(handle));
  }

  /** The word of each token, -1 for none. */
  int[] wordIds() {
    return ints(LIBRARY.getWordIds(handle));
  }

  /** The text of each token, -1 for none. */
  int[] sequenceIds() {
    return ints(LIBRARY.getSequenceIds(handle));
  }

  String[] tokens() {
    return LIBRARY.getTokens(handle);
  }

  /** The place of each token in its text, in code points; null for tokens that were added. */
  CharSpan[] spans() {
    return LIBRARY.getTokenCharSpans(handle);
  }

  @Override
  public void close() {
    LIBRARY.deleteEncoding(handle);
  }

  private static int[] ints(long[] values) {
    int[] narrow = new int[values.length];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = (int) values[i];
    }
    return narrow;
  }
}
