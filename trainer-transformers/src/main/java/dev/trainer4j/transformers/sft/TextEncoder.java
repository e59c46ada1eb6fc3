// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import dev.trainer4j.transformers.tokenization.EncodeOptions;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.SpecialToken;
import dev.trainer4j.transformers.tokenization.TokenizerException;
import java.util.Map;

/** Rows of plain text, which end with the end token so that the model learns to end. */
final class TextEncoder {

  private static final String PROMPT = "prompt";
  private static final String COMPLETION = "completion";

  /** Rows are cut or packed when all of them are tokens. */
  private static final EncodeOptions UNCUT = EncodeOptions.builder().verbose(false).build();

  private final PretrainedTokenizer tokenizer;
  private final String end;

  TextEncoder(PretrainedTokenizer tokenizer) {
    this.tokenizer = tokenizer;
    end =
        tokenizer
            .specialToken(SpecialToken.EOS)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "the tokenizer has no eos_token, with which texts end: set eosToken to a token of"
                            + " its vocabulary."));
  }

  /** A text, all of which is trained. */
  TokenRow text(Map<String, ?> row, String column) {
    return TokenRow.whole(encode(ended(RowFields.text(row, column))));
  }

  /** A prompt and a completion, which alone is trained if asked for. */
  TokenRow completion(Map<String, ?> row, boolean completionOnly) {
    String prompt = RowFields.text(row, PROMPT);
    String completion = RowFields.text(row, COMPLETION);
    if (completion.isEmpty()) {
      throw RowFields.wrong(COMPLETION, "is empty: there is nothing to learn");
    }
    int[] start = encode(prompt);
    TokenRow whole = TokenRow.whole(encode(prompt + ended(completion))).beginningWith(start);
    return completionOnly ? whole.behind(start) : whole;
  }

  private String ended(String text) {
    return text.endsWith(end) ? text : text + end;
  }

  private int[] encode(String text) {
    try {
      return tokenizer.encodeIds(text, UNCUT);
    } catch (TokenizerException | IllegalArgumentException e) {
      throw new InvalidRowException("the text cannot be tokenized: " + e.getMessage(), e);
    }
  }
}
