// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.ndarray.types.Shape;
import dev.trainer4j.checkpoint.ModelTensors;
import dev.trainer4j.transformers.architecture.TensorSpec;
import dev.trainer4j.transformers.quantization.LinearLayers;
import dev.trainer4j.transformers.quantization.QuantizedFile;
import java.io.IOException;
import java.util.Map;
import java.util.Set;

/** The weights of a folder by name and shape, those that are quantized as what they stand for. */
final class FolderTensors {

  private final String source;
  private final Map<String, Shape> shapes;
  private final QuantizedFile quantized;
  private final LinearLayers layers;

  FolderTensors(ModelTensors tensors, QuantizedFile quantized, LinearLayers layers)
      throws IOException {
    source = tensors.source().toString();
    shapes = quantized.shapes();
    this.quantized = quantized;
    this.layers = layers;
  }

  /** Returns the file, for messages. */
  String source() {
    return source;
  }

  Set<String> names() {
    return shapes.keySet();
  }

  Shape shape(String name) {
    Shape shape = shapes.get(name);
    if (shape == null) {
      throw new IllegalStateException(source + " has no " + name);
    }
    return shape;
  }

  /**
   * Returns the shape that a tensor must have to be one of the model's; a quantized one is [out, in] in every family.
   *
   * @throws PretrainedException if it is quantized and the model's is none that may be
   */
  Shape wanted(TensorSpec spec, String name) {
    if (!quantized.isQuantized(name)) {
      return spec.shape();
    }
    if (!layers.contains(spec.name())) {
      throw new PretrainedException(
          source
              + ": tensor "
              + name
              + " is quantized, but is no weight of a linear layer. Is config.json that of these"
              + " weights?");
    }
    return layers.isTransposed(spec.name())
        ? new Shape(spec.shape().get(1), spec.shape().get(0))
        : spec.shape();
  }
}
