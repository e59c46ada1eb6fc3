// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import org.jspecify.annotations.Nullable;

/** Between Java's strings and the Unicode scalar values that the native tokenizer counts. */
final class Utf16 {

  private Utf16() {}

  /** Replaces halves of surrogate pairs, which no other encoding can express, by U+FFFD. */
  static String wellFormed(String text) {
    StringBuilder repaired = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!Character.isSurrogate(c)) {
        continue;
      }
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
        continue;
      }
      if (repaired == null) {
        repaired = new StringBuilder(text);
      }
      repaired.setCharAt(i, '\uFFFD');
    }
    return repaired == null ? text : repaired.toString();
  }

  static boolean isWellFormed(String text) {
    return text.equals(wellFormed(text));
  }

  /** Returns where each code point begins, and the length behind the last; null if each is a char. */
  static int @Nullable [] codePointStarts(String text) {
    int points = text.codePointCount(0, text.length());
    if (points == text.length()) {
      return null;
    }
    int[] starts = new int[points + 1];
    int position = 0;
    for (int i = 0; i < points; i++) {
      starts[i] = position;
      position += Character.charCount(text.codePointAt(position));
    }
    starts[points] = position;
    return starts;
  }
}
