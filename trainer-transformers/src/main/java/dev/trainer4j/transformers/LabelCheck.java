// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.PassFailure;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Which shapes and types of labels the loss of a head takes. */
final class LabelCheck {

  private static final String LABELS = "labels";

  private final PretrainedConfig config;
  private final Task task;
  private final ModelInputs inputs;

  /** The shape of {@code input_ids}. */
  private final Shape ids;

  private final long batch;

  LabelCheck(PretrainedConfig config, Task task, ModelInputs inputs, Shape ids) {
    this.config = config;
    this.task = task;
    this.inputs = inputs;
    this.ids = ids;
    batch = ids.isScalar() ? 1 : ids.get(0);
  }

  void check() {
    if (task == Task.QUESTION_ANSWERING) {
      spans();
      return;
    }
    NDArray labels = inputs.find(LABELS).orElse(null);
    if (labels == null) {
      return;
    }
    switch (task) {
      case SEQUENCE_CLASSIFICATION -> texts(labels);
      case MULTIPLE_CHOICE ->
          requireOneEach(LABELS, labels, "the place of the right choice of each sample");
      case TOKEN_CLASSIFICATION ->
          require(
              LABELS,
              labels,
              true,
              labels.getShape().equals(ids),
              "a class for each token, in the shape of input_ids, " + ids,
              "DataCollatorForTokenClassification pads labels with the texts");
      case MASKED_LM, CAUSAL_LM ->
          require(
              LABELS,
              labels,
              true,
              labels.getShape().equals(ids),
              "a token for each place, in the shape of input_ids, " + ids,
              "DataCollatorForLanguageModeling makes them");
      case SEQ2SEQ_LM -> targets(labels);
      default -> {}
    }
  }

  /** Returns what a classifier of texts learns: what the configuration says, else what such labels mean. */
  static ProblemType problem(PretrainedConfig config, NDArray labels) {
    return config
        .problemType()
        .orElseGet(
            () -> ProblemType.inferred(config.numLabels(), labels.getDataType().isFloating()));
  }

  private void texts(NDArray labels) {
    int classes = config.numLabels();
    ProblemType given = config.problemType().orElse(null);
    ProblemType problem = problem(config, labels);
    Shape all = new Shape(batch, classes);
    switch (problem) {
      case REGRESSION ->
          require(
              LABELS,
              labels,
              false,
              labels.getShape().equals(all) || (classes == 1 && isOneEach(labels)),
              classes == 1 ? "a number for each text, " + batch : "numbers of shape " + all,
              "num_labels is "
                  + classes
                  + (given == null ? "" : " and problem_type is regression"));
      case MULTI_LABEL_CLASSIFICATION ->
          require(
              LABELS,
              labels,
              false,
              labels.getShape().equals(all),
              "a 0 or 1 for each text and label, of shape " + all,
              given == null
                  ? "floating point labels mean several labels a text; give whole numbers for one"
                      + " class each"
                  : "problem_type is " + given.key());
      case SINGLE_LABEL_CLASSIFICATION ->
          require(
              LABELS,
              labels,
              true,
              isOneEach(labels),
              "the class of each text, " + batch + " whole numbers from 0 to " + (classes - 1),
              labels.getShape().equals(all)
                  ? "for texts with several labels give floating point numbers (float[] of 0 and 1),"
                      + " or set problem_type to multi_label_classification"
                  : given == null ? "num_labels is " + classes : "problem_type is " + given.key());
    }
  }

  /** The decoder reads what it is given, else the labels themselves. */
  private void targets(NDArray labels) {
    Shape decoder = inputs.find("decoder_input_ids").map(NDArray::getShape).orElse(null);
    Shape shape = labels.getShape();
    require(
        LABELS,
        labels,
        true,
        decoder == null ? shape.dimension() == 2 && shape.get(0) == batch : shape.equals(decoder),
        decoder == null
            ? "the tokens of a text for each of input_ids, of shape [" + batch + ", length]"
            : "those of decoder_input_ids, " + decoder,
        "DataCollatorForSeq2Seq pads labels");
  }

  private void spans() {
    List<String> names = List.of("start_positions", "end_positions");
    for (int i = 0; i < 2; i++) {
      Optional<NDArray> positions = inputs.find(names.get(i));
      String other = names.get(1 - i);
      if (positions.isPresent() && inputs.find(other).isEmpty()) {
        throw new IllegalArgumentException(
            "the batch has "
                + names.get(i)
                + ", but no "
                + other
                + ": a loss needs both, or leave both out");
      }
      int at = i;
      positions.ifPresent(array -> requireOneEach(names.get(at), array, "a token of each text"));
    }
  }

  private void requireOneEach(String name, NDArray labels, String meaning) {
    require(name, labels, true, isOneEach(labels), meaning + ", " + batch + " whole numbers", null);
  }

  /** Shape [batch], or [batch, 1] as files may have it. */
  private boolean isOneEach(NDArray labels) {
    Shape shape = labels.getShape();
    return shape.equals(new Shape(batch)) || shape.equals(new Shape(batch, 1));
  }

  private static void require(
      String name,
      NDArray labels,
      boolean whole,
      boolean fits,
      String expected,
      @Nullable String hint) {
    if (!fits || (whole && !InputCheck.isWhole(labels))) {
      throw new IllegalArgumentException(
          name
              + " is "
              + PassFailure.describe(labels)
              + ", expected "
              + expected
              + (hint == null ? "" : "; " + hint));
    }
  }
}
