// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.testing;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The numbers of arrays as plain lists, which compare to the bit and outlive the arrays. */
public final class Values {

  private Values() {}

  public static List<Double> of(NDArray array) {
    return Arrays.stream(array.toArray()).map(Number::doubleValue).toList();
  }

  public static Map<String, List<Double>> of(Map<String, NDArray> arrays) {
    Map<String, List<Double>> values = new LinkedHashMap<>();
    arrays.forEach((name, array) -> values.put(name, of(array)));
    return values;
  }
}
