// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.encoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.transformers.Task;
import java.util.List;

/** What an encoder reads: the inputs that it takes, as the texts of which its kernels know. */
final class EncoderInputs {

  private final EncoderShape shape;
  private final Task task;

  EncoderInputs(EncoderShape shape, Task task) {
    this.shape = shape;
    this.task = task;
  }

  /** Looks at shapes only: what it refuses would be a fault in a kernel, which a GPU does not survive. */
  void check(ModelInputs inputs) {
    Shape ids = inputs.get("input_ids").getShape();
    boolean choices = task == Task.MULTIPLE_CHOICE;
    if (ids.dimension() != (choices ? 3 : 2)) {
      throw new IllegalArgumentException(
          "input_ids has shape "
              + ids
              + ", expected "
              + (choices ? "[batch, choices, length]" : "[batch, length]"));
    }
    // RoBERTa's positions begin behind padding's.
    int positions = shape.maxPositions() - (shape.paddingIndex() + 1);
    if (inputs.find("position_ids").isEmpty() && ids.getLastDimension() > positions) {
      throw new IllegalArgumentException(
          "input_ids has "
              + ids.getLastDimension()
              + " tokens in a row, but the model learned "
              + positions
              + " positions (max_position_embeddings): truncate the texts, such as with"
              + " EncodeOptions.truncated("
              + positions
              + ")");
    }
    Shape mask = inputs.find("attention_mask").map(NDArray::getShape).orElse(ids);
    if (!mask.equals(ids)) {
      throw new IllegalArgumentException(
          "attention_mask has shape " + mask + ", expected that of input_ids, " + ids);
    }
  }

  /** Returns inputs of shape [texts, length]: of several choices, each is a text of its own. */
  ModelInputs texts(ModelInputs inputs) {
    if (task != Task.MULTIPLE_CHOICE) {
      return inputs;
    }
    long length = inputs.get("input_ids").getShape().getLastDimension();
    ModelInputs texts = inputs;
    for (String name : List.of("input_ids", "attention_mask", "token_type_ids", "position_ids")) {
      NDArray array = inputs.find(name).orElse(null);
      if (array != null) {
        texts = texts.with(name, array.reshape(-1, length));
      }
    }
    return texts;
  }
}
