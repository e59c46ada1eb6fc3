// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.snippets;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

// docs: dataset
/** Points in the plane, labeled by the quarter they lie in; each is made when it is asked for. */
public record Samples(long size, long seed) implements Dataset<Samples.Point> {

  public record Point(float x, float y, int quarter) {}

  @Override
  public Point get(long index) { // from the loader's threads; the same index, the same sample
    RandomGenerator random = new java.util.Random(seed * 31 + index);
    float x = random.nextFloat(-1, 1);
    float y = random.nextFloat(-1, 1);
    return new Point(x, y, (x > 0 ? 1 : 0) + (y > 0 ? 2 : 0));
  }

  // end docs

  // docs: collator
  /** Makes the arrays of a batch; stateless, because several threads use it. */
  public static final class Collator implements DataCollator<Point> {
    @Override
    public ModelInputs collate(List<Point> points, NDManager manager) {
      float[] features = new float[2 * points.size()];
      long[] labels = new long[points.size()];
      for (int i = 0; i < points.size(); i++) {
        features[2 * i] = points.get(i).x();
        features[2 * i + 1] = points.get(i).y();
        labels[i] = points.get(i).quarter();
      }
      return ModelInputs.of("features", manager.create(features, new Shape(points.size(), 2)))
          .with("labels", manager.create(labels));
    }
  }

  // end docs

  /** Read rows as maps that the default collator takes. */
  public static Dataset<Map<String, Object>> fromCsv(Path file) {
    // docs: csv
    Dataset<Map<String, Object>> rows =
        Datasets.csv(
            file,
            row ->
                Map.of(
                    "features",
                    new float[] {Float.parseFloat(row.get("x")), Float.parseFloat(row.get("y"))},
                    "labels",
                    Integer.parseInt(row.get("quarter"))));
    // end docs
    return rows;
  }

  /** Return the points as maps that the default collator takes. */
  public Dataset<Map<String, Object>> asMaps() {
    return new Dataset<>() {
      @Override
      public long size() {
        return size;
      }

      @Override
      public Map<String, Object> get(long index) {
        Point point = Samples.this.get(index);
        return Map.of("features", new float[] {point.x(), point.y()}, "labels", point.quarter());
      }
    };
  }
}
