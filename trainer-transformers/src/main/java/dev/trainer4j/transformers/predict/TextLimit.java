// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.predict;

import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.util.List;

/** How many tokens a model reads at once. */
public final class TextLimit {

  /** What families call the number of positions that they learned. */
  private static final List<String> POSITIONS = List.of("max_position_embeddings", "n_positions");

  /** For a model that names none, such as T5, whose positions are relative. */
  private static final int WITHOUT = 512;

  private TextLimit() {}

  /** Returns the most tokens of a text, special ones included. */
  public static int of(PretrainedConfig config, PretrainedTokenizer tokenizer) {
    int limit = tokenizer.modelMaxLength();
    for (String key : POSITIONS) {
      JsonNode positions = config.node(key);
      if (positions.canConvertToInt() && positions.isIntegralNumber()) {
        limit = Math.min(limit, positions.intValue() - first(config));
      }
    }
    return limit == Integer.MAX_VALUE ? WITHOUT : limit;
  }

  /** RoBERTa's positions begin behind that of padding. */
  private static int first(PretrainedConfig config) {
    return config.modelType().equals("roberta") ? config.node("pad_token_id").asInt(1) + 1 : 0;
  }
}
