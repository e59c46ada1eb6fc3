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
import java.util.Set;
import java.util.stream.Collectors;

/** Rows of conversations. The template writes the special tokens, so none are added. */
final class ChatEncoder {

  private static final String PROMPT = "prompt";
  private static final String COMPLETION = "completion";

  private final PretrainedTokenizer tokenizer;
  private final boolean assistantOnly;

  /** Trains only what the assistant says, if asked for. */
  ChatEncoder(PretrainedTokenizer tokenizer, boolean assistantOnly) {
    this.tokenizer = tokenizer;
    this.assistantOnly = assistantOnly;
  }

  /** The conversation in a column. */
  TokenRow conversation(Map<String, ?> row, String column) {
    return whole(new Chat(RowFields.messages(row, column), row));
  }

  /** A prompt and a completion, which alone is trained if asked for. */
  TokenRow completion(Map<String, ?> row, boolean completionOnly) {
    List<Map<String, ?>> prompt = RowFields.messages(row, PROMPT);
    List<Map<String, ?>> completion = RowFields.messages(row, COMPLETION);
    if (completion.stream().allMatch(Messages::isEmpty)) {
      throw RowFields.wrong(
          COMPLETION, "is empty: there is nothing to learn of messages with a role alone");
    }
    List<Map<String, ?>> all = new ArrayList<>(prompt);
    all.addAll(completion);
    int[] start = new Chat(prompt, row).ids(tokenizer, true);
    TokenRow whole = whole(new Chat(all, row)).beginningWith(start);
    return completionOnly ? whole.behind(start) : whole;
  }

  /** Whether the token that ends an answer is trained; true also if the template refuses the conversation that would tell. */
  boolean learnsToEnd() {
    List<Map<String, ?>> probe = List.of(turn("user"), turn(Messages.ASSISTANT), turn("user"));
    TokenRow row;
    try {
      row = whole(new Chat(probe, null, Map.of()));
    } catch (InvalidRowException e) {
      return true;
    }
    Set<String> added =
        tokenizer.addedTokens().stream().map(AddedToken::content).collect(Collectors.toSet());
    int last = row.ids().length - 1;
    while (last > 0
        && (row.labels()[last] == TokenRow.IGNORED
            || tokenizer.decode(new int[] {row.ids()[last]}, false).isBlank())) {
      last--;
    }
    return tokenizer.idToToken(row.ids()[last]).filter(added::contains).isPresent();
  }

  private static Map<String, ?> turn(String role) {
    return Map.of("role", role, "content", "text");
  }

  private TokenRow whole(Chat chat) {
    if (!assistantOnly) {
      return TokenRow.whole(chat.ids(tokenizer, false));
    }
    TokenizedChat tokens = chat.tokens(tokenizer);
    List<Rendered.Span> spans =
        tokens.spans().isEmpty()
            ? new AssistantTurns(tokenizer, chat).spans(tokens.text())
            : tokens.spans();
    int[] mask = tokens.tokens().mask(spans);
    if (Arrays.stream(mask).sum() == 0) {
      throw new InvalidRowException(
          "assistantOnlyLoss is set, but no token is the assistant's: the conversation has no message of the"
              + " role 'assistant', or the chat template puts no {% generation %} block around it");
    }
    return TokenRow.whole(tokens.inputIds()).masked(mask);
  }
}
