// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples;

import java.util.Locale;

/**
 * Turn a text into character ids of one fixed length: lower case, a space at both ends to mark where
 * words begin and end, cut or padded with 0 to {@link #LENGTH}.
 *
 * <p>An id is the code point modulo {@link #BUCKETS}, plus one. A vocabulary would have to be saved
 * beside the model; this needs no state, and nearly all alphabets lie below U+2000 and keep ids of
 * their own. Han and Hangul share ids with each other and with them, which the neighbouring
 * characters make up for.
 */
public final class CharacterEncoder {
  /** The length of every encoded text; 96 % of the rows of {@link LanguageData} fit whole. */
  public static final int LENGTH = 32;

  static final int BUCKETS = 0x2000;

  /** The number of different ids: the buckets and the padding. */
  public static final int IDS = BUCKETS + 1;

  private CharacterEncoder() {}

  /** Return the {@link #LENGTH} ids of {@code text}, each from 0 to {@link #IDS} - 1. */
  public static int[] encode(String text) {
    int[] ids = new int[LENGTH];
    int[] characters = (" " + text.toLowerCase(Locale.ROOT) + " ").codePoints().toArray();
    for (int i = 0; i < Math.min(LENGTH, characters.length); i++) {
      ids[i] = characters[i] % BUCKETS + 1;
    }
    return ids;
  }
}
