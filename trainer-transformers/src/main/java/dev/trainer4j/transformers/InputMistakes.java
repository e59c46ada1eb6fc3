// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.PassFailure;
import dev.trainer4j.torch.EngineMessage;
import java.util.List;

/**
 * Finds the input to blame after a kernel has failed; looking at all inputs of every batch beforehand
 * would cost a synchronization.
 */
final class InputMistakes {

  private static final int IGNORED = -100;

  private InputMistakes() {}

  /** Returns an exception that names the input, or {@code failure} if all inputs look right. */
  static RuntimeException explain(
      PretrainedModel model, ModelInputs inputs, EngineException failure) {
    try {
      if (EngineMessage.isOutOfMemory(failure)) {
        return failure;
      }
      String problem = EngineMessage.isDeviceAssert(failure) ? "" : problem(model, inputs);
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

  private static String problem(PretrainedModel model, ModelInputs inputs) {
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
      String problem = range("input_ids", ids, config.vocabSize(), "tokens (vocab_size)");
      if (!problem.isEmpty()) {
        return problem + ". Is the tokenizer that of the model?";
      }
    }
    for (String name : List.of("decoder_input_ids", "token_type_ids", "position_ids")) {
      String problem = inputs.find(name).map(array -> range(config, name, array)).orElse("");
      if (!problem.isEmpty()) {
        return problem;
      }
    }
    return labels(model, inputs);
  }

  private static String range(PretrainedConfig config, String name, NDArray array) {
    List<String> keys =
        switch (name) {
          case "token_type_ids" -> List.of("type_vocab_size");
          case "position_ids" -> List.of("max_position_embeddings", "n_positions");
          default -> List.of("vocab_size");
        };
    for (String key : keys) {
      if (config.has(key) && array.size() > 0) {
        return range(name, array, config.node(key).intValue(), "(" + key + ")");
      }
    }
    return "";
  }

  private static String labels(PretrainedModel model, ModelInputs inputs) {
    NDArray labels = inputs.find("labels").orElse(null);
    if (labels == null || labels.size() == 0 || labels.getDataType().isFloating()) {
      return "";
    }
    return switch (model.task()) {
      case SEQUENCE_CLASSIFICATION, TOKEN_CLASSIFICATION ->
          range(
              "labels",
              labels,
              model.config().numLabels(),
              "labels (LoadOptions.withNumLabels gives it others)");
      case MULTIPLE_CHOICE -> {
        int choices = Math.toIntExact(inputs.get("input_ids").getShape().get(1));
        yield range("labels", labels, choices, "choices in input_ids");
      }
      default -> range("labels", labels, model.config().vocabSize(), "tokens (vocab_size)");
    };
  }

  private static String range(String name, NDArray array, int count, String of) {
    for (long value : array.toType(DataType.INT64, false).toLongArray()) {
      boolean ignored = name.equals("labels") && value == IGNORED;
      if (!ignored && (value < 0 || value >= count)) {
        return name
            + " has "
            + value
            + ", but only 0 to "
            + (count - 1)
            + " are known: the model has "
            + count
            + " "
            + of;
      }
    }
    return "";
  }
}
