// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

/** What a pretrained model is used for; each has a head of its own on top of the same body. */
public enum Task {
  /** One label, several, or a number for a whole text. */
  SEQUENCE_CLASSIFICATION("ForSequenceClassification"),
  /** One label for each token. */
  TOKEN_CLASSIFICATION("ForTokenClassification"),
  /** First and last token of the answer in a text. */
  QUESTION_ANSWERING("ForQuestionAnswering"),
  /** The tokens behind the masks. */
  MASKED_LM("ForMaskedLM"),
  /** The next token. */
  CAUSAL_LM("ForCausalLM"),
  /** A text from a text. */
  SEQ2SEQ_LM("ForConditionalGeneration");

  private final String suffix;

  Task(String suffix) {
    this.suffix = suffix;
  }

  /** Returns the end of the class names that Hugging Face gives to such models. */
  String suffix() {
    return suffix;
  }
}
