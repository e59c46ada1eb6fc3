// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.testing;

import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Points of six numbers; the class is which of the first three is largest. */
public final class TinyData {

  public static final int FEATURES = 6;
  public static final int CLASSES = 3;

  private TinyData() {}

  public static Dataset<Map<String, Object>> points(int size, long seed) {
    return Datasets.of(list(size, seed));
  }

  public static List<Map<String, Object>> list(int size, long seed) {
    Random random = new Random(seed);
    List<Map<String, Object>> samples = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      float[] x = new float[FEATURES];
      int label = 0;
      for (int j = 0; j < FEATURES; j++) {
        x[j] = (float) random.nextGaussian();
        label = j < CLASSES && x[j] > x[label] ? j : label;
      }
      samples.add(Map.of("x", x, "labels", label));
    }
    return samples;
  }
}
