// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import ai.djl.huggingface.tokenizers.jni.CharSpan;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes texts of tokens of what the native tokenizer gives, which counts code points where Java counts chars. */
final class EncodingConversion {

  /** Finds where the code points of the text of a token begin; null if each is one char. */
  @FunctionalInterface
  private interface CodePoints {
    int @Nullable [] of(int sequence, int word);
  }

  private final List<String> modelInputNames;
  private final @Nullable ByteLevel byteLevel;

  /**
   * Creates it.
   *
   * @param byteLevel the tokens, if they are of this kind; else null
   */
  EncodingConversion(List<String> modelInputNames, @Nullable ByteLevel byteLevel) {
    this.modelInputNames = modelInputNames;
    this.byteLevel = byteLevel;
  }

  /** Converts what a text, or a pair, was encoded to. */
  TokenizedText of(NativeEncoding encoding, String text, @Nullable String second) {
    int[][] columns = columns(encoding);
    if (byteLevel != null && locate(byteLevel, columns, text, second)) {
      boolean added =
          Arrays.stream(columns[4]).anyMatch(sequence -> sequence == TokenizedText.NONE);
      // A template may call what it adds by other names.
      String[] tokens = added ? encoding.tokens() : byteLevel.tokens(columns[0]);
      return new TokenizedText(modelInputNames, tokens, columns);
    }
    int[] first = Utf16.codePointStarts(text);
    int[] other = second == null ? null : Utf16.codePointStarts(second);
    place(encoding, columns, (sequence, word) -> sequence == 1 ? other : first);
    return new TokenizedText(modelInputNames, encoding.tokens(), columns);
  }

  /** Converts what words were encoded to: offsets are within the word. */
  TokenizedText ofWords(NativeEncoding encoding, List<String> words) {
    int[][] columns = columns(encoding);
    place(
        encoding,
        columns,
        (sequence, word) -> word < 0 ? null : Utf16.codePointStarts(words.get(word)));
    return new TokenizedText(modelInputNames, encoding.tokens(), columns);
  }

  private static int[][] columns(NativeEncoding encoding) {
    int[] ids = encoding.ids();
    return new int[][] {
      ids,
      encoding.typeIds(),
      encoding.specialTokensMask(),
      encoding.wordIds(),
      encoding.sequenceIds(),
      new int[ids.length],
      new int[ids.length]
    };
  }

  private static boolean locate(
      ByteLevel tokens, int[][] columns, String text, @Nullable String second) {
    return tokens.locate(columns[0], columns[4], 0, text, columns[5], columns[6])
        && (second == null
            || tokens.locate(columns[0], columns[4], 1, second, columns[5], columns[6]));
  }

  private static void place(NativeEncoding encoding, int[][] columns, CodePoints codePoints) {
    CharSpan[] spans = encoding.spans();
    for (int i = 0; i < spans.length; i++) {
      CharSpan span = spans[i];
      int[] starts = span == null ? null : codePoints.of(columns[4][i], columns[3][i]);
      columns[5][i] = span == null ? 0 : place(starts, span.getStart());
      columns[6][i] = span == null ? 0 : place(starts, span.getEnd());
    }
  }

  /** A token of a prefix or suffix that no text has may end behind the text. */
  private static int place(int @Nullable [] starts, int codePoint) {
    return starts == null ? codePoint : starts[Math.min(codePoint, starts.length - 1)];
  }
}
