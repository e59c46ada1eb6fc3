// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import dev.trainer4j.jinja.Rendered;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds what the assistant says where the template has no {@code generation} blocks, by rendering the conversation turn by turn.
 *
 * <p>A turn ends where the conversation up to it does. It begins where it departs from the conversation before it with the
 * beginning of an answer, which the template may begin with more, such as a thought, than it leaves in the turn.
 */
record AssistantTurns(PretrainedTokenizer tokenizer, Chat chat) {

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
        int begin = begin(i, text);
        int end = prefix(i + 1, text);
        if (begin < end) {
          spans.add(span(text, begin, end));
        }
      }
    }
    return spans;
  }

  private int begin(int message, String text) {
    if (message == 0) {
      throw new InvalidRowException(
          "the conversation begins with the assistant, and the chat template has no {% generation %} block"
              + " to tell where that answer begins: put a message before it, or set chatTemplatePath to a"
              + " template that has blocks");
    }
    String start = chat.first(message).text(tokenizer, true);
    if (text.startsWith(start)) {
      return start.length();
    }
    prefix(message, text);
    return common(text, start);
  }

  private static int common(String text, String other) {
    int length = 0;
    int most = Math.min(text.length(), other.length());
    while (length < most && text.charAt(length) == other.charAt(length)) {
      length++;
    }
    return length;
  }

  /** The length of what the template makes of the first messages, with which the text must begin. */
  private int prefix(int count, String text) {
    String start =
        count == chat.messages().size() ? text : chat.first(count).text(tokenizer, false);
    if (!text.startsWith(start)) {
      throw new InvalidRowException(
          "what the chat template makes of the first "
              + (count == 1 ? "message" : count + " messages")
              + " is not the beginning of what it makes of all, so that answers cannot be told from the rest:"
              + " set chatTemplatePath to a template with {% generation %} blocks around the answers");
    }
    return start.length();
  }

  private static Rendered.Span span(String text, int begin, int end) {
    int before = text.codePointCount(0, begin);
    return new Rendered.Span(begin, end, before, before + text.codePointCount(begin, end));
  }
}
