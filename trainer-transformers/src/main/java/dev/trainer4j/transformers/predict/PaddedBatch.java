// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.predict;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.Side;
import dev.trainer4j.transformers.tokenization.SpecialToken;
import dev.trainer4j.transformers.tokenization.TokenizedText;
import java.util.Arrays;
import java.util.List;

/**
 * The inputs of a batch, filled up to its longest text. A mask goes along, so that a tokenizer without a padding token
 * will do: what the mask hides may be any token.
 */
final class PaddedBatch {

  private final int paddingId;
  private final int paddingType;
  private final boolean left;
  private final boolean hasTypes;

  PaddedBatch(PretrainedTokenizer tokenizer, PretrainedConfig config) {
    paddingId =
        tokenizer
            .specialTokenId(SpecialToken.PAD)
            .orElse(Math.max(0, config.node("pad_token_id").asInt(0)));
    paddingType = tokenizer.padTokenTypeId();
    left = tokenizer.paddingSide() == Side.LEFT;
    hasTypes = tokenizer.modelInputNames().contains("token_type_ids");
  }

  /** Returns where the tokens of a text begin in a row of {@code longest}. */
  int start(TokenizedText text, int longest) {
    return left ? longest - text.length() : 0;
  }

  ModelInputs inputs(List<TokenizedText> batch, NDManager manager) {
    int longest = batch.stream().mapToInt(TokenizedText::length).max().orElse(0);
    if (batch.stream().anyMatch(text -> text.length() == 0)) {
      throw new IllegalArgumentException(
          "a text has no token at all, and the tokenizer adds none: give texts that are not empty");
    }
    Shape shape = new Shape(batch.size(), longest);
    long[] ids = new long[batch.size() * longest];
    long[] mask = new long[ids.length];
    long[] types = new long[ids.length];
    Arrays.fill(ids, paddingId);
    Arrays.fill(types, paddingType);
    for (int row = 0; row < batch.size(); row++) {
      TokenizedText text = batch.get(row);
      int at = row * longest + start(text, longest);
      for (int i = 0; i < text.length(); i++) {
        ids[at + i] = text.inputIds()[i];
        types[at + i] = text.tokenTypeIds()[i];
        mask[at + i] = 1;
      }
    }
    ModelInputs inputs =
        ModelInputs.of("input_ids", manager.create(ids, shape))
            .with("attention_mask", manager.create(mask, shape));
    return hasTypes ? inputs.with("token_type_ids", manager.create(types, shape)) : inputs;
  }
}
