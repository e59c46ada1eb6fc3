// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import dev.trainer4j.jinja.Rendered;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A text or a pair as the tokenizer sees it. All lists have one entry a token; entries of arrays may
 * not be changed by the caller.
 *
 * <p>Offsets count chars of the Java string, so that {@code text.substring(start(i), end(i))} is what
 * token i was made of; both are 0 for tokens that were added. (Python counts code points: beyond the
 * Basic Multilingual Plane its figures differ.)
 */
public final class TokenizedText {

  /** The word or sequence of a token that was added and belongs to none. */
  public static final int NONE = -1;

  private final List<String> modelInputNames;
  private final String[] tokens;
  private final int[] inputIds;
  private final int[] tokenTypeIds;
  private final int[] specialTokensMask;
  private final int[] wordIds;
  private final int[] sequenceIds;
  private final int[] starts;
  private final int[] ends;

  TokenizedText(List<String> modelInputNames, String[] tokens, int[][] columns) {
    this.modelInputNames = modelInputNames;
    this.tokens = tokens;
    inputIds = columns[0];
    tokenTypeIds = columns[1];
    specialTokensMask = columns[2];
    wordIds = columns[3];
    sequenceIds = columns[4];
    starts = columns[5];
    ends = columns[6];
  }

  /** Returns the number of tokens. */
  public int length() {
    return inputIds.length;
  }

  /** Returns the ids. */
  public int[] inputIds() {
    return inputIds;
  }

  /** Returns the text each token belongs to, as the model takes it: 0 or 1. */
  public int[] tokenTypeIds() {
    return tokenTypeIds;
  }

  /** Returns 1 for every token: nothing is padded here. */
  public int[] attentionMask() {
    int[] ones = new int[length()];
    Arrays.fill(ones, 1);
    return ones;
  }

  /** Returns 1 for the tokens that were added, 0 for those of the text. */
  public int[] specialTokensMask() {
    return specialTokensMask;
  }

  /** Returns the word of its text to which each token belongs, from 0 on, or {@link #NONE}. */
  public int[] wordIds() {
    return wordIds;
  }

  /** Returns 0 for tokens of the first text, 1 for those of the second, else {@link #NONE}. */
  public int[] sequenceIds() {
    return sequenceIds;
  }

  /** Returns the first char of a token in its text. */
  public int start(int token) {
    return starts[token];
  }

  /** Returns the char behind the last one of a token in its text. */
  public int end(int token) {
    return ends[token];
  }

  /**
   * Returns 1 for each token that has a character of one of these places in its text, else 0.
   *
   * @param spans places in the text that the tokens were made of, a single one
   */
  public int[] mask(List<Rendered.Span> spans) {
    int[] mask = new int[length()];
    for (Rendered.Span span : spans) {
      for (int token = 0; token < mask.length; token++) {
        if (starts[token] < span.end() && span.begin() < ends[token]) {
          mask[token] = 1;
        }
      }
    }
    return mask;
  }

  /** Returns the tokens as they stand in the vocabulary. */
  public List<String> tokens() {
    return List.of(tokens);
  }

  /**
   * Returns the inputs of the model by name, as {@code model_input_names} of the tokenizer has them:
   * {@code input_ids}, {@code token_type_ids}, {@code attention_mask}. The map is the caller's, to
   * add labels to.
   */
  public Map<String, Object> toSample() {
    Map<String, Object> sample = new LinkedHashMap<>();
    sample.put("input_ids", inputIds);
    if (modelInputNames.contains("token_type_ids")) {
      sample.put("token_type_ids", tokenTypeIds);
    }
    if (modelInputNames.contains("attention_mask")) {
      sample.put("attention_mask", attentionMask());
    }
    return sample;
  }

  /**
   * Returns the inputs of the model with further fields for collators: {@code special_tokens_mask},
   * {@code offset_mapping} (an {@code int[][]} with start and end of each token) or {@code word_ids}.
   *
   * @throws IllegalArgumentException if a field is another one
   */
  public Map<String, Object> toSample(String... fields) {
    Map<String, Object> sample = toSample();
    for (String field : fields) {
      Object value =
          switch (field) {
            case "special_tokens_mask" -> specialTokensMask;
            case "offset_mapping" -> offsetMapping();
            case "word_ids" -> wordIds;
            default ->
                throw new IllegalArgumentException(
                    "there is no field '"
                        + field
                        + "': expected special_tokens_mask, offset_mapping or word_ids.");
          };
      sample.put(field, value);
    }
    return sample;
  }

  private int[][] offsetMapping() {
    int[][] offsets = new int[length()][];
    for (int i = 0; i < offsets.length; i++) {
      offsets[i] = new int[] {starts[i], ends[i]};
    }
    return offsets;
  }

  /** Returns the tokens whose indices are given, in that order. */
  TokenizedText select(int[] kept) {
    int[][] all = {inputIds, tokenTypeIds, specialTokensMask, wordIds, sequenceIds, starts, ends};
    int[][] columns = new int[all.length][kept.length];
    String[] names = new String[kept.length];
    for (int i = 0; i < kept.length; i++) {
      names[i] = tokens[kept[i]];
      for (int column = 0; column < all.length; column++) {
        columns[column][i] = all[column][kept[i]];
      }
    }
    return new TokenizedText(modelInputNames, names, columns);
  }

  /** Returns the tokens with their ids. */
  @Override
  public String toString() {
    return Arrays.toString(tokens) + " " + Arrays.toString(inputIds);
  }
}
