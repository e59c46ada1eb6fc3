// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.architecture;

import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.stream.Stream;

/**
 * A tensor that an architecture has.
 *
 * @param name Hugging Face's name, as in {@code model.safetensors}
 * @param shape its shape
 * @param initializer how it begins where no file holds it
 * @param trainable whether it is a parameter; otherwise a buffer
 * @param decays whether weight decay applies: not to biases and the weights of norms
 */
public record TensorSpec(
    String name, Shape shape, Initializer initializer, boolean trainable, boolean decays) {

  /** The weight of a linear layer or an embedding. */
  public static TensorSpec weight(String name, Initializer initializer, long... shape) {
    return new TensorSpec(name, new Shape(shape), initializer, true, true);
  }

  /** A bias, which begins at zero. */
  public static TensorSpec bias(String name, long size) {
    return new TensorSpec(name, new Shape(size), Initializer.constant(0), true, false);
  }

  /** The weight of a norm, which begins at one. */
  public static TensorSpec norm(String name, long size) {
    return new TensorSpec(name, new Shape(size), Initializer.constant(1), true, false);
  }

  /** Returns the names of weight and bias of each module. */
  public static List<String> namesOf(String... modules) {
    return Stream.of(modules).flatMap(m -> Stream.of(m + ".weight", m + ".bias")).toList();
  }
}
