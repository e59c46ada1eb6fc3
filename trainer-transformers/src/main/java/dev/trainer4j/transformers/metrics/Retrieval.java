// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.metrics;

import ai.djl.ndarray.NDArray;
import java.util.LinkedHashMap;
import java.util.Map;

/** How well vectors of texts find what belongs to them: text i of the queries belongs to text i of the answers. */
public final class Retrieval {

  private static final int[] RANKS = {1, 5, 10};

  private Retrieval() {}

  /**
   * Ranks all answers for each query by the cosine of their angle.
   *
   * @param queries shape [texts, width], float32
   * @param answers the same
   * @return {@code recall@1}, {@code recall@5}, {@code recall@10}: the share of queries whose answer is among so many; {@code
   *     mrr}: the mean of the inverse of its rank. Of equally near ones, the query's own counts as the last
   */
  public static Map<String, Double> score(NDArray queries, NDArray answers) {
    if (queries.getShape().dimension() != 2 || !queries.getShape().equals(answers.getShape())) {
      throw new IllegalArgumentException(
          "queries have shape "
              + queries.getShape()
              + " and answers "
              + answers.getShape()
              + ", expected both [texts, width]");
    }
    int texts = Math.toIntExact(queries.getShape().get(0));
    int width = Math.toIntExact(queries.getShape().get(1));
    float[] left = unit(queries.toFloatArray(), width);
    float[] right = unit(answers.toFloatArray(), width);
    double[] found = new double[RANKS.length];
    double inverse = 0;
    for (int query = 0; query < texts; query++) {
      double own = product(left, query, right, query, width);
      int rank = 0;
      for (int answer = 0; answer < texts; answer++) {
        rank += product(left, query, right, answer, width) >= own ? 1 : 0;
      }
      for (int i = 0; i < RANKS.length; i++) {
        found[i] += rank <= RANKS[i] ? 1 : 0;
      }
      inverse += 1.0 / rank;
    }
    Map<String, Double> scores = new LinkedHashMap<>();
    for (int i = 0; i < RANKS.length; i++) {
      scores.put("recall@" + RANKS[i], found[i] / texts);
    }
    scores.put("mrr", inverse / texts);
    return scores;
  }

  private static float[] unit(float[] rows, int width) {
    for (int from = 0; from < rows.length; from += width) {
      double squares = 0;
      for (int i = from; i < from + width; i++) {
        squares += (double) rows[i] * rows[i];
      }
      double length = Math.max(Math.sqrt(squares), 1e-12);
      for (int i = from; i < from + width; i++) {
        rows[i] = (float) (rows[i] / length);
      }
    }
    return rows;
  }

  private static double product(float[] left, int query, float[] right, int answer, int width) {
    double sum = 0;
    for (int i = 0; i < width; i++) {
      sum += (double) left[query * width + i] * right[answer * width + i];
    }
    return sum;
  }
}
