// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.PassFailure;
import dev.trainer4j.torch.EngineMessage;
import dev.trainer4j.torch.ValueRange;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Finds values that a model cannot take, by the name of the input, its row and the value.
 *
 * <p>On a CPU a kernel looks at its indices itself, so that inputs are looked at when it has failed. On a GPU that would be
 * too late, and they are looked at before: see {@link ValueRange}.
 */
final class InputMistakes {

  /** What an input's values are to be looked at with. */
  private interface Look extends Function<NDArray, Optional<ValueRange>> {}

  private static final String OF_LABELS = "labels (LoadOptions.withNumLabels gives it others)";

  /** The ends of the names of tables that inputs other than tokens are looked up in. */
  private static final List<String> TYPES = List.of("token_type_embeddings.weight");

  private static final List<String> POSITIONS = List.of("position_embeddings.weight", "wpe.weight");

  private InputMistakes() {}

  /** Returns an exception that names the input, or {@code failure} if all inputs look right. */
  static RuntimeException explain(
      PretrainedModel model, ModelInputs inputs, EngineException failure) {
    try {
      if (EngineMessage.isOutOfMemory(failure)) {
        return failure;
      }
      String problem =
          EngineMessage.isDeviceAssert(failure) ? "" : problem(model, inputs, ValueRange::read);
      return problem.isEmpty()
          ? unexplained(model, inputs, failure)
          : new IllegalArgumentException(problem, failure);
    } catch (RuntimeException e) {
      // After a failed kernel a GPU refuses every copy.
      failure.addSuppressed(e);
      return unexplained(model, inputs, failure);
    }
  }

  private static RuntimeException unexplained(
      PretrainedModel model, ModelInputs inputs, EngineException failure) {
    return PassFailure.of(
        "the model (" + model.config().modelType() + " for " + model.task() + ") does not take",
        inputs.toString(),
        "Look at shapes, types and values of what the collator makes",
        failure);
  }

  /**
   * Refuses values of inputs that a kernel would not survive on a GPU.
   *
   * @throws IllegalArgumentException naming the input, the row of the batch and the value
   */
  static void check(PretrainedModel model, ModelInputs inputs) {
    if (!ValueRange.mayTell(model.manager())) {
      return;
    }
    String problem = problem(model, inputs, ValueRange::before);
    if (!problem.isEmpty()) {
      throw new IllegalArgumentException(problem);
    }
  }

  /** Refuses token ids that the model does not know; they are at hand, so that looking costs nothing. */
  static void check(PretrainedConfig config, long[][] inputIds) {
    if (!config.has("vocab_size")) {
      return;
    }
    int count = config.vocabSize();
    for (long[] row : inputIds) {
      for (long id : row) {
        if (id < 0 || id >= count) {
          throw new IllegalArgumentException(
              "inputIds has "
                  + id
                  + ", but the model has "
                  + count
                  + " tokens (vocab_size). Is the tokenizer that of the model?");
        }
      }
    }
  }

  private static String problem(PretrainedModel model, ModelInputs inputs, Look look) {
    PretrainedConfig config = model.config();
    NDArray ids = inputs.find("input_ids").orElse(null);
    if (ids == null) {
      return "";
    }
    if (ids.size() == 0) {
      return "input_ids is empty, of shape "
          + ids.getShape()
          + ": give each text one token at least";
    }
    if (config.has("vocab_size")) {
      String problem = range("input_ids", ids, look, config.vocabSize(), "tokens (vocab_size)");
      if (!problem.isEmpty()) {
        return problem + ". Is the tokenizer that of the model?";
      }
    }
    for (String name : List.of("decoder_input_ids", "token_type_ids", "position_ids")) {
      String problem = inputs.find(name).map(array -> range(model, name, array, look)).orElse("");
      if (!problem.isEmpty()) {
        return problem;
      }
    }
    return labels(model, inputs, look);
  }

  private static String range(PretrainedModel model, String name, NDArray array, Look look) {
    if (name.equals("decoder_input_ids")) {
      return range(name, array, look, model.config().vocabSize(), "(vocab_size)");
    }
    boolean isType = name.equals("token_type_ids");
    // Rotations and distances have no table, and are computed of whatever position.
    return model.tensorNames().stream()
        .filter(tensor -> (isType ? TYPES : POSITIONS).stream().anyMatch(tensor::endsWith))
        .findFirst()
        .map(table -> Math.toIntExact(model.tensor(table).getShape().get(0)))
        .map(
            rows ->
                range(
                    name,
                    array,
                    look,
                    rows,
                    isType ? "(type_vocab_size)" : "(max_position_embeddings)"))
        .orElse("");
  }

  private static String labels(PretrainedModel model, ModelInputs inputs, Look look) {
    NDArray labels = inputs.find("labels").orElse(null);
    if (labels == null || labels.size() == 0 || labels.getDataType().isFloating()) {
      return "";
    }
    PretrainedConfig config = model.config();
    return switch (model.task()) {
      case SEQUENCE_CLASSIFICATION ->
          LabelCheck.problem(config, labels) == ProblemType.SINGLE_LABEL_CLASSIFICATION
              ? range("labels", labels, look, config.numLabels(), OF_LABELS)
              : "";
      case TOKEN_CLASSIFICATION -> range("labels", labels, look, config.numLabels(), OF_LABELS);
      case MULTIPLE_CHOICE -> {
        int choices = Math.toIntExact(inputs.get("input_ids").getShape().get(1));
        yield range("labels", labels, look, choices, "choices in input_ids");
      }
      case MASKED_LM, CAUSAL_LM, SEQ2SEQ_LM ->
          range("labels", labels, look, config.vocabSize(), "tokens (vocab_size)");
      default -> "";
    };
  }

  private static String range(String name, NDArray array, Look look, int count, String of) {
    return look.apply(array)
        .flatMap(range -> range.outside(count, name.equals("labels")))
        .map(
            found ->
                name
                    + " has "
                    + found.value()
                    + " in row "
                    + found.row(array)
                    + " of the batch, but only 0 to "
                    + (count - 1)
                    + " are known: the model has "
                    + count
                    + " "
                    + of)
        .orElse("");
  }
}
