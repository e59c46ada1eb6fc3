// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.metrics;

import ai.djl.ndarray.NDArray;
import java.util.LinkedHashMap;
import java.util.Map;

/** Errors of numbers, batch by batch. */
final class Regression implements StreamingMetrics {

  @Override
  public Accumulator start() {
    return new Sums();
  }

  private static final class Sums implements Accumulator {

    private long count;
    private double squares;
    private double absolutes;

    /** Mean of the targets and the sum of their squared distances from it (Welford): sums of large squares cancel. */
    private double mean;

    private double spread;

    @Override
    public void add(EvalPrediction batch) {
      NDArray guesses = batch.predictions();
      NDArray targets = batch.labelIds();
      if (guesses.size() != targets.size()) {
        throw new IllegalArgumentException(
            "predictions have the shape "
                + guesses.getShape()
                + " and labels "
                + targets.getShape()
                + ": expected a number for each");
      }
      float[] guessed = Scores.floats(guesses);
      float[] wanted = Scores.floats(targets);
      for (int i = 0; i < wanted.length; i++) {
        double error = (double) guessed[i] - wanted[i];
        squares += error * error;
        absolutes += Math.abs(error);
        count++;
        double distance = wanted[i] - mean;
        mean += distance / count;
        spread += distance * (wanted[i] - mean);
      }
    }

    @Override
    public Map<String, Double> result() {
      Map<String, Double> result = new LinkedHashMap<>();
      result.put("mse", squares / count);
      result.put("rmse", Math.sqrt(squares / count));
      result.put("mae", absolutes / count);
      result.put("r2", spread == 0 ? Double.NaN : 1 - squares / spread);
      return result;
    }
  }
}
