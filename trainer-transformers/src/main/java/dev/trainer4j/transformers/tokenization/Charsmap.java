// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.BitSet;
import java.util.Deque;

/**
 * The {@code precompiled_charsmap} of a SentencePiece normalizer: the number of bytes of a double array
 * trie, its 32-bit units, and the texts that its values point into, each ended by a zero. The native
 * library follows it without looking where it leads, and ends the process where it leads out.
 */
final class Charsmap {

  private static final int HIGHEST_BYTE = 0xff;

  /** Those of SentencePiece have some 60,000. */
  private static final int MAX_UNITS = 1 << 20;

  /** The longest of Unicode's compatibility forms has 18 characters. */
  private static final int MAX_TEXT = 1 << 10;

  private final int[] units;
  private final byte[] texts;
  private int longest = 1;

  private Charsmap(int[] units, byte[] texts) {
    this.units = units;
    this.texts = texts;
  }

  /**
   * Follows every path of the trie.
   *
   * @param base64 as it stands in {@code tokenizer.json}
   * @return the number of characters of the longest text that one becomes; at least 1
   * @throws IllegalArgumentException if it is damaged; the message says how
   */
  static int longestText(String base64) {
    byte[] bytes = decode(base64);
    if (bytes.length < Integer.BYTES) {
      throw new IllegalArgumentException("it has only " + bytes.length + " bytes");
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long count = Integer.toUnsignedLong(buffer.getInt()) / Integer.BYTES;
    if (count == 0 || count * Integer.BYTES > buffer.remaining()) {
      throw new IllegalArgumentException(
          "its trie has " + count + " units, but " + buffer.remaining() + " bytes follow");
    }
    if (count > MAX_UNITS) {
      throw new IllegalArgumentException("its trie has more than " + MAX_UNITS + " units");
    }
    int[] units = new int[(int) count];
    buffer.asIntBuffer().get(units);
    byte[] texts = new byte[buffer.remaining() - units.length * Integer.BYTES];
    buffer.position(buffer.position() + units.length * Integer.BYTES).get(texts);
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(texts));
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("its texts are not UTF-8", e);
    }
    Charsmap charsmap = new Charsmap(units, texts);
    charsmap.follow();
    return charsmap.longest;
  }

  private static byte[] decode(String base64) {
    byte[] bytes = Base64.getDecoder().decode(base64);
    if (!Base64.getEncoder().encodeToString(bytes).equals(base64)) {
      throw new IllegalArgumentException("it is not padded as Base64 is");
    }
    return bytes;
  }

  private void follow() {
    BitSet seen = new BitSet();
    Deque<Long> open = new ArrayDeque<>();
    open.push(offset(units[0]));
    while (!open.isEmpty()) {
      long place = open.pop();
      for (int letter = 1; letter <= HIGHEST_BYTE; letter++) {
        int unit = unit(place ^ letter);
        if ((unit & 0x800000ff) != letter) {
          continue;
        }
        long next = place ^ letter ^ offset(unit);
        if (((unit >>> 8) & 1) == 1) {
          value(unit(next) & Integer.MAX_VALUE);
        }
        if (next >= units.length + 256L) {
          throw out(next);
        }
        if (!seen.get((int) next)) {
          seen.set((int) next);
          open.push(next);
        }
      }
    }
  }

  private static long offset(int unit) {
    return (long) (unit >>> 10) << ((unit & (1 << 9)) >>> 6);
  }

  private int unit(long place) {
    if (place >= units.length) {
      throw out(place);
    }
    return units[(int) place];
  }

  private IllegalArgumentException out(long place) {
    return new IllegalArgumentException(
        "its trie of " + units.length + " units leads to unit " + place);
  }

  private void value(int start) {
    if (start > texts.length || (start < texts.length && (texts[start] & 0xc0) == 0x80)) {
      throw new IllegalArgumentException(
          "its trie leads to place " + start + " of " + texts.length + " bytes of texts");
    }
    int end = start;
    while (end < texts.length && texts[end] != 0) {
      if (++end - start > MAX_TEXT) {
        throw new IllegalArgumentException("a character becomes more than " + MAX_TEXT + " bytes");
      }
    }
    String text = new String(texts, start, end - start, StandardCharsets.UTF_8);
    longest = Math.max(longest, text.codePointCount(0, text.length()));
  }
}
