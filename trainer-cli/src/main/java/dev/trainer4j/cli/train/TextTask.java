// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What can be learned from texts; the names are those of {@code --task}. */
public enum TextTask {
  /** A label for a text or a pair; or several labels. */
  CLASSIFICATION("run_glue", "a label for each text"),
  /** A number for a text or a pair. */
  REGRESSION("run_glue", "a number for each text"),
  /** A label for each word. */
  TOKEN_CLASSIFICATION("run_ner", "a label for each word"),
  /** The part of a context that answers a question. */
  QUESTION_ANSWERING("run_qa", "the answer in a text"),
  /** Which of several endings is right. */
  MULTIPLE_CHOICE("run_swag", "the right one of several endings"),
  /** A short text from a long one. */
  SUMMARIZATION("run_summarization", "a summary of each text"),
  /** A text in another language. */
  TRANSLATION("run_translation", "a translation of each text"),
  /** The next token. */
  CAUSAL_LM("run_clm", "the next token"),
  /** Tokens that are hidden. */
  MASKED_LM("run_mlm", "words that are masked");

  private final String script;
  private final String meaning;

  TextTask(String script, String meaning) {
    this.script = script;
    this.meaning = meaning;
  }

  /** A spelling with dashes, or the one that the Hub has for it. */
  static Optional<TextTask> spelled(Object raw) {
    String name = String.valueOf(raw).toLowerCase(Locale.ROOT).replace('-', '_');
    return switch (name) {
      case "text_classification", "sequence_classification" -> Optional.of(CLASSIFICATION);
      case "ner" -> Optional.of(TOKEN_CLASSIFICATION);
      case "text_generation" -> Optional.of(CAUSAL_LM);
      case "fill_mask" -> Optional.of(MASKED_LM);
      default -> Arrays.stream(values()).filter(task -> task.flag().equals(name)).findFirst();
    };
  }

  /** The script of Hugging Face that does the same. */
  String script() {
    return script;
  }

  String meaning() {
    return meaning;
  }

  /** The spelling of {@code --task}. */
  String flag() {
    return name().toLowerCase(Locale.ROOT);
  }
}
