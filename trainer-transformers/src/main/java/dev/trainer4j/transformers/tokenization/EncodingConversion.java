// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
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

  EncodingConversion(List<String> modelInputNames) {
    this.modelInputNames = modelInputNames;
  }

  /** Converts what a text, or a pair, was encoded to. */
  TokenizedText of(Encoding encoding, String text, @Nullable String second) {
    int[] first = Utf16.codePointStarts(text);
    int[] other = second == null ? null : Utf16.codePointStarts(second);
    return convert(encoding, (sequence, word) -> sequence == 1 ? other : first);
  }

  /** Converts what words were encoded to: offsets are within the word. */
  TokenizedText ofWords(Encoding encoding, List<String> words) {
    return convert(
        encoding, (sequence, word) -> word < 0 ? null : Utf16.codePointStarts(words.get(word)));
  }

  private TokenizedText convert(Encoding encoding, CodePoints codePoints) {
    long[] ids = encoding.getIds();
    int[][] columns = new int[7][ids.length];
    CharSpan[] spans = encoding.getCharTokenSpans();
    for (int i = 0; i < ids.length; i++) {
      columns[0][i] = (int) ids[i];
      columns[1][i] = (int) encoding.getTypeIds()[i];
      columns[2][i] = (int) encoding.getSpecialTokenMask()[i];
      columns[3][i] = (int) encoding.getWordIds()[i];
      columns[4][i] = (int) encoding.getSequenceIds()[i];
      CharSpan span = spans[i];
      if (span != null) {
        int[] starts = codePoints.of(columns[4][i], columns[3][i]);
        columns[5][i] = place(starts, span.getStart());
        columns[6][i] = place(starts, span.getEnd());
      }
    }
    return new TokenizedText(modelInputNames, encoding.getTokens(), columns);
  }

  /** A token of a prefix or suffix that no text has may end behind the text. */
  private static int place(int @Nullable [] starts, int codePoint) {
    return starts == null ? codePoint : starts[Math.min(codePoint, starts.length - 1)];
  }
}
