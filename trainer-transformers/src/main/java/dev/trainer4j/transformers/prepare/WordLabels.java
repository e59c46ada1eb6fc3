// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.prepare;

import dev.trainer4j.transformers.tokenization.TokenizedText;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Gives tokens the labels of their words, as run_ner of transformers does: the first token of a word has its label, the others are
 * ignored, or have it too.
 *
 * <pre>{@code
 * TokenizedText text = tokenizer.encodeWords(words, EncodeOptions.truncated(512));
 * Map<String, Object> sample = text.toSample();
 * sample.put("labels", WordLabels.firstToken().of(text, labels));
 * }</pre>
 */
public final class WordLabels {
  /** The label of tokens that losses ignore: special tokens, and those that have none. */
  public static final long IGNORED = -100;

  private static final WordLabels FIRST = new WordLabels(new int[0], false);

  private final int[] inside;
  private final boolean all;

  private WordLabels(int[] inside, boolean all) {
    this.inside = inside;
    this.all = all;
  }

  /** The first token of a word has its label, the others none. */
  public static WordLabels firstToken() {
    return FIRST;
  }

  /**
   * All tokens of a word have its label; behind the first one a label {@code B-X} becomes {@code I-X}, if there is one.
   *
   * @param labels the names of the labels, that of index 0 first
   */
  public static WordLabels allTokens(List<String> labels) {
    Map<String, Integer> indices = new HashMap<>();
    IntStream.range(0, labels.size()).forEach(i -> indices.put(labels.get(i), i));
    int[] inside =
        IntStream.range(0, labels.size())
            .map(
                i -> {
                  String name = labels.get(i);
                  return name.startsWith("B-")
                      ? indices.getOrDefault("I-" + name.substring(2), i)
                      : i;
                })
            .toArray();
    return new WordLabels(inside, true);
  }

  /**
   * Returns one label a token.
   *
   * @param text what {@code encodeWords} made of the words
   * @param labels one a word, also of those that were cut off
   * @throws IllegalArgumentException if a word has no label
   */
  public long[] of(TokenizedText text, int[] labels) {
    long[] result = new long[text.length()];
    int before = TokenizedText.NONE;
    for (int token = 0; token < result.length; token++) {
      int word = text.wordIds()[token];
      if (word >= labels.length) {
        throw new IllegalArgumentException(
            "word " + word + " has no label: there are " + labels.length);
      }
      boolean first = word != before;
      if (word == TokenizedText.NONE || !(first || all)) {
        result[token] = IGNORED;
      } else {
        result[token] = first ? labels[word] : inside[labels[word]];
      }
      before = word;
    }
    return result;
  }
}
