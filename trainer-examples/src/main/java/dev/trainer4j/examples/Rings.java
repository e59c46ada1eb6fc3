// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples;

import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Data for the small examples: points on two rings, one inside the other, that overlap a little. */
final class Rings {
  private static final double[] RADIUS = {1, 2};
  private static final double BLUR = 0.35;

  private Rings() {}

  /**
   * Return points as {@code x} and the ring as {@code labels}, for the default collator.
   *
   * @param inner the share of points on the inner ring, label 0
   */
  static Dataset<Map<String, Object>> points(int count, double inner, long seed) {
    Random random = new Random(seed);
    List<Map<String, Object>> points = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int label = random.nextDouble() < inner ? 0 : 1;
      double angle = 2 * Math.PI * random.nextDouble();
      double radius = RADIUS[label] + BLUR * random.nextGaussian();
      float[] x = {(float) (radius * Math.cos(angle)), (float) (radius * Math.sin(angle))};
      points.add(Map.of("x", x, "labels", label));
    }
    return Datasets.of(points);
  }

  /** Return a small network for them. */
  static Block model() {
    return new SequentialBlock()
        .add(Linear.builder().setUnits(32).build())
        .add(Activation.reluBlock())
        .add(Linear.builder().setUnits(2).build());
  }
}
