// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import dev.trainer4j.model.LabelLayout;
import java.util.List;

/** What a pretrained model is used for; each has a head of its own on top of the same body. */
public enum Task {
  /** One label, several, or a number for a whole text. */
  SEQUENCE_CLASSIFICATION("ForSequenceClassification"),
  /** One label for each token. */
  TOKEN_CLASSIFICATION("ForTokenClassification"),
  /** First and last token of the answer in a text. */
  QUESTION_ANSWERING("ForQuestionAnswering"),
  /** Which of several texts is the right one. */
  MULTIPLE_CHOICE("ForMultipleChoice"),
  /** The tokens behind the masks. */
  MASKED_LM("ForMaskedLM"),
  /** The next token. */
  CAUSAL_LM("ForCausalLM"),
  /** A text from a text. */
  SEQ2SEQ_LM("ForConditionalGeneration"),
  /** The last hidden state of each token: the body of a model alone. */
  FEATURE_EXTRACTION("Model");

  private final String suffix;

  Task(String suffix) {
    this.suffix = suffix;
  }

  /**
   * Returns the task that the {@code architectures} of a configuration name, such as {@code
   * BertForTokenClassification}.
   *
   * @throws PretrainedException if they name none that is supported
   */
  public static Task of(PretrainedConfig config) {
    List<String> names = config.architectures();
    for (String name : names) {
      for (Task task : values()) {
        if (task.isThatOf(name)) {
          return task;
        }
      }
    }
    throw new PretrainedException(
        config.source()
            + ": architectures is "
            + names
            + ", which tells no task: name one with AutoModels.load(folder, Task, options) or a method"
            + " such as AutoModels.sequenceClassification(folder)");
  }

  private boolean isThatOf(String className) {
    return switch (this) {
      case CAUSAL_LM -> className.endsWith(suffix) || className.endsWith("LMHeadModel");
      case FEATURE_EXTRACTION ->
          className.endsWith(suffix)
              && !className.endsWith("HeadModel")
              && !className.endsWith("HeadsModel");
      default -> className.endsWith(suffix);
    };
  }

  /** Returns the names of the inputs that are labels. */
  List<String> labelNames() {
    return switch (this) {
      case QUESTION_ANSWERING -> List.of("start_positions", "end_positions");
      case FEATURE_EXTRACTION -> List.of();
      default -> List.of("labels");
    };
  }

  /** Returns where the label of each logit of such a model stands. */
  LabelLayout labelLayout(PretrainedConfig config) {
    return switch (this) {
      case CAUSAL_LM -> LabelLayout.NEXT;
      case QUESTION_ANSWERING, FEATURE_EXTRACTION -> LabelLayout.OTHER;
      case SEQUENCE_CLASSIFICATION ->
          config.problemType().orElse(ProblemType.inferred(config.numLabels(), false))
                  == ProblemType.SINGLE_LABEL_CLASSIFICATION
              ? LabelLayout.ALIGNED
              : LabelLayout.OTHER;
      case TOKEN_CLASSIFICATION, MULTIPLE_CHOICE, MASKED_LM, SEQ2SEQ_LM -> LabelLayout.ALIGNED;
    };
  }

  /** Returns the end of the class names that Hugging Face gives to such models. */
  public String suffix() {
    return suffix;
  }
}
