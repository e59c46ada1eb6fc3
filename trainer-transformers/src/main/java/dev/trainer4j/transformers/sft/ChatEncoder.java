// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import dev.trainer4j.jinja.Rendered;
import dev.trainer4j.transformers.tokenization.AddedToken;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.TokenizedChat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Rows of conversations. The template writes the special tokens, so none are added. */
final class ChatEncoder {

  private static final String PROMPT = "prompt";
  private static final String COMPLETION = "completion";

  private final PretrainedTokenizer tokenizer;
  private final boolean assistantOnly;
  private final List<String> endTokens;

  /** Trains only what the assistant says, if asked for. */
  ChatEncoder(PretrainedTokenizer tokenizer, boolean assistantOnly) {
    this.tokenizer = tokenizer;
    this.assistantOnly = assistantOnly;
    endTokens =
        tokenizer.addedTokens().stream()
            .filter(AddedToken::special)
            .map(AddedToken::content)
            .toList();
  }

  /** The conversation in a column. */
  TokenRow conversation(Map<String, ?> row, String column) {
    return whole(new Chat(RowFields.messages(row, column), row));
  }

  /** A prompt and a completion, which alone is trained if asked for. */
  TokenRow completion(Map<String, ?> row, boolean completionOnly) {
    List<Map<String, ?>> prompt = RowFields.messages(row, PROMPT);
    List<Map<String, ?>> all = new ArrayList<>(prompt);
    all.addAll(RowFields.messages(row, COMPLETION));
    int[] start = new Chat(prompt, row).tokens(tokenizer, true).inputIds();
    TokenRow whole = whole(new Chat(all, row)).beginningWith(start);
    return completionOnly ? whole.behind(start) : whole;
  }

  private TokenRow whole(Chat chat) {
    TokenizedChat tokens = chat.tokens(tokenizer, false);
    TokenRow row = TokenRow.whole(tokens.inputIds());
    if (!assistantOnly) {
      return row;
    }
    List<Rendered.Span> spans =
        tokens.spans().isEmpty()
            ? new AssistantTurns(tokenizer, endTokens, chat).spans(tokens.text())
            : tokens.spans();
    int[] mask = tokens.tokens().mask(spans);
    if (Arrays.stream(mask).allMatch(marked -> marked == 0)) {
      throw new InvalidRowException(
          "assistantOnlyLoss is set, but no token is the assistant's: the conversation has no message of the"
              + " role 'assistant', or the chat template puts no {% generation %} block around it");
    }
    return row.masked(mask);
  }
}
