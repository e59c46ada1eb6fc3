// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import dev.trainer4j.jinja.Rendered;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds what the assistant says where the template has no {@code generation} blocks: what the conversation up to a
 * turn of the assistant has more than the one before it with the beginning of an answer.
 *
 * <p>White space behind the token that ends a turn is the template's, as in the templates for training that TRL has.
 *
 * @param endTokens the tokens one of which ends a turn
 */
record AssistantTurns(PretrainedTokenizer tokenizer, List<String> endTokens, Chat chat) {

  /**
   * Finds the turns.
   *
   * @param text what the template makes of the whole conversation
   * @throws InvalidRowException if the template changes what it has written when more messages follow
   */
  List<Rendered.Span> spans(String text) {
    List<Rendered.Span> spans = new ArrayList<>();
    for (int i = 0; i < chat.messages().size(); i++) {
      if (Messages.isAssistant(chat.messages().get(i))) {
        int begin = i == 0 ? opening(text) : prefix(chat.first(i), true, text);
        int end = answer(text, begin, prefix(chat.first(i + 1), false, text));
        if (begin < end) {
          spans.add(span(text, begin, end));
        }
      }
    }
    return spans;
  }

  private int opening(String text) {
    throw new InvalidRowException(
        "the conversation begins with the assistant, and the chat template has no {% generation %} block to"
            + " tell where that answer begins: put a message before it, or set chatTemplatePath to a template"
            + " that has blocks");
  }

  /** The length of what the template makes of the first messages, with which the text must begin. */
  private int prefix(Chat first, boolean addGenerationPrompt, String text) {
    String start = first.text(tokenizer, addGenerationPrompt);
    if (!text.startsWith(start)) {
      int count = first.messages().size();
      throw new InvalidRowException(
          "what the chat template makes of the first "
              + (count == 1 ? "message" : count + " messages")
              + (addGenerationPrompt ? ", with the beginning of an answer," : "")
              + " is not the beginning of what it makes of all, so that answers cannot be told from the rest:"
              + " set chatTemplatePath to a template with {% generation %} blocks around the answers");
    }
    return start.length();
  }

  /** The end of an answer: behind the special token that ends it, if only white space follows that. */
  private int answer(String text, int begin, int end) {
    String turn = text.substring(begin, end).stripTrailing();
    return endTokens.stream().anyMatch(turn::endsWith) ? begin + turn.length() : end;
  }

  private static Rendered.Span span(String text, int begin, int end) {
    int before = text.codePointCount(0, begin);
    return new Rendered.Span(begin, end, before, before + text.codePointCount(begin, end));
  }
}
