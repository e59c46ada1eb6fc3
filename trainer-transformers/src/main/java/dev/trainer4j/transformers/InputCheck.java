// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.args.Names;
import dev.trainer4j.data.ModelInputs;
import java.util.List;

/** Looks at names, shapes and types of inputs before a pass; at values looks {@link InputMistakes}. */
final class InputCheck {

  private static final String IDS = "input_ids";

  /** What a model looks up, and so must be whole numbers. */
  private static final List<String> LOOKED_UP =
      List.of(IDS, "token_type_ids", "position_ids", "decoder_input_ids");

  /** What a model does without in silence: a slip in the name would never be noticed. */
  private static final List<String> OPTIONAL =
      List.of(
          "attention_mask",
          "token_type_ids",
          "position_ids",
          "decoder_input_ids",
          "decoder_attention_mask");

  private InputCheck() {}

  /**
   * Refuses inputs that the model cannot take, or that are meant to be others than they are called.
   *
   * @throws IllegalArgumentException naming the input, what it is, and what is expected
   */
  static void check(PretrainedModel model, ModelInputs inputs) {
    NDArray ids = inputs.find(IDS).orElse(null);
    if (ids == null) {
      throw new IllegalArgumentException(
          "there is no input_ids: the batch is "
              + inputs
              + slip(inputs, List.of(IDS))
              + "; tokenize the texts, and let the collator keep what the tokenizer makes");
    }
    for (String name : LOOKED_UP) {
      inputs.find(name).ifPresent(array -> requireWhole(name, array));
    }
    refuseSlips(inputs, ids.getShape());
    requireShapeOfIds("token_type_ids", inputs, ids.getShape());
    requireShapeOfIds("position_ids", inputs, ids.getShape());
    new LabelCheck(model.config(), model.task(), inputs, ids.getShape()).check();
    InputMistakes.check(model, inputs);
  }

  static void requireWhole(String name, NDArray array) {
    if (!isWhole(array)) {
      throw new IllegalArgumentException(
          name + " is of " + array.getDataType() + ", expected whole numbers, such as int64");
    }
  }

  static boolean isWhole(NDArray array) {
    DataType type = array.getDataType();
    return type == DataType.INT64
        || type == DataType.INT32
        || type == DataType.UINT8
        || type == DataType.INT8;
  }

  /** A batch may carry what no model reads. Only what has the shape of the texts, and nearly the name, is a slip. */
  private static void refuseSlips(ModelInputs inputs, Shape ids) {
    List<String> missing = OPTIONAL.stream().filter(n -> inputs.find(n).isEmpty()).toList();
    for (String name : inputs.names()) {
      if (OPTIONAL.contains(name) || !inputs.get(name).getShape().equals(ids)) {
        continue;
      }
      Names.slipOf(name, missing)
          .ifPresent(
              meant -> {
                throw new IllegalArgumentException(
                    "the batch has '"
                        + name
                        + "', which the model does not read, and no '"
                        + meant
                        + "'. Did you mean that? Rename the field, or leave it out");
              });
    }
  }

  private static String slip(ModelInputs inputs, List<String> meant) {
    return inputs.names().stream()
        .filter(name -> Names.slipOf(name, meant).isPresent())
        .findFirst()
        .map(name -> " (is '" + name + "' a slip?)")
        .orElse("");
  }

  private static void requireShapeOfIds(String name, ModelInputs inputs, Shape ids) {
    NDArray array = inputs.find(name).orElse(null);
    if (array == null || array.getShape().equals(ids)) {
      return;
    }
    boolean rowForAll =
        name.equals("position_ids")
            && ids.dimension() == 2
            && array.getShape().equals(new Shape(1, ids.get(1)));
    if (!rowForAll) {
      throw new IllegalArgumentException(
          name + " has shape " + array.getShape() + ", expected that of input_ids, " + ids);
    }
  }
}
