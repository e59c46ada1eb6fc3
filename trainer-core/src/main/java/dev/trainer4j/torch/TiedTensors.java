// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Finds tensors that go by several names, as an embedding and the output layer that shares it.
 *
 * <p>Two names are tied if they stand for the same memory, offset, shape and strides, in one {@code
 * NDArray} or in two. Tensors that overlap otherwise are not.
 */
public final class TiedTensors {

  private record Kind(Shape shape, DataType type) {}

  private TiedTensors() {}

  /**
   * Returns every name that stands for the tensor of an earlier one, with the first such name.
   *
   * @param arrays by name; empty and sparse ones are never tied
   */
  public static Map<String, String> find(Map<String, ? extends NDArray> arrays) {
    Map<Kind, List<String>> alike = new LinkedHashMap<>();
    arrays.forEach(
        (name, array) -> {
          if (array instanceof PtNDArray && !array.isSparse() && array.size() > 0) {
            alike
                .computeIfAbsent(
                    new Kind(array.getShape(), array.getDataType()), kind -> new ArrayList<>())
                .add(name);
          }
        });
    Map<String, String> ties = new LinkedHashMap<>();
    for (List<String> names : alike.values()) {
      long[] firsts = names.size() == 1 ? new long[1] : firsts(names, arrays);
      for (int i = 0; i < names.size(); i++) {
        if (firsts[i] != i) {
          ties.put(names.get(i), names.get((int) firsts[i]));
        }
      }
    }
    return ties;
  }

  /** Returns the arrays in their order, each under the first of its names only. */
  public static <A extends NDArray> Map<String, A> distinct(Map<String, A> arrays) {
    Map<String, A> distinct = new LinkedHashMap<>(arrays);
    distinct.keySet().removeAll(find(arrays).keySet());
    return distinct;
  }

  private static long[] firsts(List<String> names, Map<String, ? extends NDArray> arrays) {
    List<NDArray> list = new ArrayList<>();
    names.forEach(name -> list.add(Objects.requireNonNull(arrays.get(name))));
    try (IValue value = Kernels.list(list)) {
      return Kernels.shared().integers("first_alike", value);
    }
  }
}
