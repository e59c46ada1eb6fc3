// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.collate;

import ai.djl.ndarray.NDManager;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.data.PaddingCollator;
import dev.trainer4j.data.ProcessingClass;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.Side;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What {@code tokenizer.pad} does in Python: fills up the inputs that a tokenizer makes and stacks
 * the other fields, which must be equally large.
 */
final class TokenPadding {

  private static final String ATTENTION_MASK = "attention_mask";

  /** What a decoder-only model writes on from in an evaluation, where it is not what stands before the labels. */
  private static final String PROMPT_IDS = "prompt_input_ids";

  private static final String PROMPT_MASK = "prompt_attention_mask";

  private final PretrainedTokenizer tokenizer;
  private final PaddingOptions options;
  private final PaddingCollator.Side side;
  private final boolean wantsMask;
  private final Map<String, Integer> values = new LinkedHashMap<>();

  TokenPadding(PretrainedTokenizer tokenizer, PaddingOptions options) {
    this.tokenizer = tokenizer;
    this.options = options;
    side =
        tokenizer.paddingSide() == Side.LEFT
            ? PaddingCollator.Side.LEFT
            : PaddingCollator.Side.RIGHT;
    wantsMask = tokenizer.modelInputNames().contains(ATTENTION_MASK);
    values.put(Fields.INPUT_IDS, tokenizer.padTokenId());
    values.put("token_type_ids", tokenizer.padTokenTypeId());
    values.put(ATTENTION_MASK, 0);
    values.put("special_tokens_mask", 1);
    values.put(PROMPT_IDS, tokenizer.padTokenId());
    values.put(PROMPT_MASK, 0);
  }

  /** The tokenizer, which belongs beside a model that is trained on what it made. */
  Optional<ProcessingClass> processingClass() {
    return Optional.of(tokenizer);
  }

  ModelInputs pad(List<? extends Map<String, ?>> samples, NDManager manager) {
    return pad(samples, manager, Map.of());
  }

  /**
   * Pads.
   *
   * @param more further sequences and what fills them up; each is padded to its own longest
   */
  ModelInputs pad(
      List<? extends Map<String, ?>> given, NDManager manager, Map<String, Integer> more) {
    List<? extends Map<String, ?>> samples = withPromptMasks(given);
    Set<String> fields = samples.get(0).keySet();
    if (!fields.contains(Fields.INPUT_IDS)) {
      throw new IllegalArgumentException(
          "The samples have no input_ids, but "
              + fields
              + ": tokenize them in the dataset, for example with"
              + " map(row -> tokenizer.encode(row.text()).toSample()).");
    }
    PaddingCollator.Builder padding =
        PaddingCollator.builder()
            .side(side)
            .padToMultipleOf(options.padToMultipleOf())
            .padToLength(options.maxLength());
    Map<String, Integer> sequences = new LinkedHashMap<>(values);
    sequences.keySet().retainAll(fields);
    sequences.putAll(more);
    sequences.forEach((name, value) -> padding.sequenceFields(name).paddingValue(name, value));
    if (wantsMask && !fields.contains(ATTENTION_MASK)) {
      padding.attentionMask(ATTENTION_MASK, Fields.INPUT_IDS);
    }
    return padding.build().collate(List.copyOf(samples), manager);
  }

  /** Padding of prompts is told from their tokens by a mask, also where the pad token ends texts. */
  private static List<? extends Map<String, ?>> withPromptMasks(
      List<? extends Map<String, ?>> samples) {
    Set<String> fields = samples.get(0).keySet();
    if (!fields.contains(PROMPT_IDS) || fields.contains(PROMPT_MASK)) {
      return samples;
    }
    List<Map<String, Object>> masked = new ArrayList<>(samples.size());
    for (int i = 0; i < samples.size(); i++) {
      Map<String, Object> sample = new LinkedHashMap<>(samples.get(i));
      int[] mask = new int[Fields.ints(samples.get(i), PROMPT_IDS, i).length];
      Arrays.fill(mask, 1);
      sample.put(PROMPT_MASK, mask);
      masked.add(sample);
    }
    return masked;
  }
}
