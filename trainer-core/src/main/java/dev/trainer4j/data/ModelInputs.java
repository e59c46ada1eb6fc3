// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The named tensors of one batch, in order: what a collator makes and a model takes.
 *
 * <p>Immutable. It does not own the arrays: whoever holds their manager closes them.
 */
public final class ModelInputs {

  private final Map<String, NDArray> arrays;

  private ModelInputs(Map<String, NDArray> arrays) {
    this.arrays = Collections.unmodifiableMap(arrays);
  }

  /** Returns inputs with a copy of the map's entries, in the order of the map. */
  public static ModelInputs of(Map<String, NDArray> arrays) {
    return new ModelInputs(new LinkedHashMap<>(arrays));
  }

  /** Returns inputs with one array; {@link #with} adds more. */
  public static ModelInputs of(String name, NDArray array) {
    return empty().with(name, array);
  }

  /** Returns inputs without arrays; {@link #with} adds them. */
  public static ModelInputs empty() {
    return new ModelInputs(new LinkedHashMap<>());
  }

  /**
   * Returns the array with this name.
   *
   * @throws IllegalArgumentException if there is none; the message lists the names present
   */
  public NDArray get(String name) {
    return find(name)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "There is no input '" + name + "'. The batch has " + names() + "."));
  }

  /** Returns the array with this name, if there is one. */
  public Optional<NDArray> find(String name) {
    return Optional.ofNullable(arrays.get(name));
  }

  /** Returns the names in order. */
  public Set<String> names() {
    return arrays.keySet();
  }

  /** Returns the same inputs with one more array at the end, or one replaced in its place. */
  public ModelInputs with(String name, NDArray array) {
    Map<String, NDArray> more = new LinkedHashMap<>(arrays);
    more.put(name, array);
    return new ModelInputs(more);
  }

  /** Returns the same inputs without this name; the same ones if it is not there. */
  public ModelInputs without(String name) {
    Map<String, NDArray> fewer = new LinkedHashMap<>(arrays);
    fewer.remove(name);
    return new ModelInputs(fewer);
  }

  /**
   * Returns the first dimension of the first array.
   *
   * @throws IllegalStateException if there is no array, or the first one has no dimensions
   */
  public long batchSize() {
    Map.Entry<String, NDArray> first =
        arrays.entrySet().stream()
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("The batch has no inputs at all."));
    if (first.getValue().getShape().isScalar()) {
      throw new IllegalStateException(
          "The batch size is the first dimension of the first input, but '"
              + first.getKey()
              + "' is a scalar: give it a batch dimension, or put another input first.");
    }
    return first.getValue().getShape().get(0);
  }

  /** Returns the arrays in order, without their names. */
  public NDList toNDList() {
    return new NDList(arrays.values());
  }

  /** Returns the names with their shapes and types. */
  @Override
  public String toString() {
    return arrays.entrySet().stream()
        .map(
            entry ->
                entry.getKey() + entry.getValue().getShape() + " " + entry.getValue().getDataType())
        .collect(Collectors.joining(", ", "{", "}"));
  }
}
