// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import dev.trainer4j.transformers.tokenization.ChatTemplateOptions;
import dev.trainer4j.transformers.tokenization.EncodeOptions;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.TokenizedChat;
import dev.trainer4j.transformers.tokenization.TokenizerException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A conversation with what its row says to the template.
 *
 * @param messages at least one
 * @param tools null for none
 * @param variables what else the template reads
 */
record Chat(
    List<Map<String, ?>> messages, @Nullable List<Map<String, ?>> tools, Map<String, ?> variables) {

  private static final String CHAT_TEMPLATE = "chat_template";

  /** Rows are cut or packed when all of them are tokens. */
  private static final EncodeOptions UNCUT =
      EncodeOptions.builder().addSpecialTokens(false).verbose(false).build();

  Chat(List<Map<String, ?>> messages, Map<String, ?> row) {
    this(messages, RowFields.tools(row), RowFields.variables(row));
  }

  /** The first messages. */
  Chat first(int count) {
    return new Chat(messages.subList(0, count), tools, variables);
  }

  TokenizedChat tokens(PretrainedTokenizer tokenizer) {
    return told(() -> tokenizer.applyChatTemplate(messages, tools, options(false)));
  }

  int[] ids(PretrainedTokenizer tokenizer, boolean addGenerationPrompt) {
    return told(
        () ->
            tokenizer.encodeIds(
                tokenizer.renderChat(messages, tools, options(addGenerationPrompt)).text(), UNCUT));
  }

  String text(PretrainedTokenizer tokenizer, boolean addGenerationPrompt) {
    return told(() -> tokenizer.renderChat(messages, tools, options(addGenerationPrompt)).text());
  }

  private ChatTemplateOptions options(boolean addGenerationPrompt) {
    ChatTemplateOptions.Builder options =
        ChatTemplateOptions.builder().addGenerationPrompt(addGenerationPrompt).verbose(false);
    variables.forEach(
        (name, value) -> {
          if (name.equals(CHAT_TEMPLATE) && value instanceof String template) {
            options.chatTemplate(template);
          } else {
            options.variable(name, value);
          }
        });
    return options.build();
  }

  private interface Call<T> {
    T run();
  }

  /** The template and the tokenizer refuse a conversation by these two. */
  private static <T> T told(Call<T> call) {
    try {
      return call.run();
    } catch (TokenizerException | IllegalArgumentException e) {
      throw new InvalidRowException(String.valueOf(e.getMessage()), e);
    }
  }
}
