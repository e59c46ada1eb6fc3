// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Densities against closed forms, sums and frequencies. */
class ParzenEstimatorTest {

  private static ParzenEstimator of(ParameterRange range, Object... values) {
    return new ParzenEstimator(
        Map.of("x", range), java.util.Arrays.stream(values).map(v -> Map.of("x", v)).toList());
  }

  private static double density(ParzenEstimator estimator, Object x) {
    return Math.exp(estimator.logDensity(Map.of("x", x)));
  }

  /** The density of a normal distribution with mean 0.3 and deviation 0.25 between 0 and 1, by C's erfc. */
  @Test
  void aTruncatedNormalHasTheDensityOfTheClosedForm() {
    assertThat(new TruncatedNormal(0.3, 0.25, 0, 1).logDensity(0.7))
        .isCloseTo(-0.6875062548535167, within(1e-12));
  }

  @Test
  void aDensityOfNumbersIntegratesToOne() {
    ParzenEstimator estimator = of(new NumberRange(2, 6, false), 2.1, 3.0, 3.1, 5.9);
    double sum = 0;
    int parts = 4000;
    for (int i = 0; i < parts; i++) {
      sum += density(estimator, 2 + 4 * (i + 0.5) / parts) * 4 / parts;
    }
    assertThat(sum).isCloseTo(1, within(1e-6));
  }

  @Test
  void aDensityByLogarithmIntegratesToOneOverTheLogarithm() {
    ParzenEstimator estimator = of(new NumberRange(1e-6, 1e-1, true), 1e-5, 2e-5, 1e-2);
    double low = Math.log(1e-6);
    double range = Math.log(1e-1) - low;
    double sum = 0;
    for (int i = 0; i < 4000; i++) {
      sum += density(estimator, Math.exp(low + range * (i + 0.5) / 4000)) * range / 4000;
    }
    assertThat(sum).isCloseTo(1, within(1e-6));
  }

  @Test
  void probabilitiesOfWholeNumbersAndOfChoicesSumToOne() {
    for (boolean log : List.of(false, true)) {
      ParzenEstimator integers = of(new IntegerRange(1, 9, log), 1, 2, 2, 9);
      double sum = 0;
      for (int i = 1; i <= 9; i++) {
        sum += density(integers, i);
      }
      assertThat(sum).isCloseTo(1, within(1e-12));
    }
    ParzenEstimator choices = of(new Choices(List.of("a", "b", "c")), "a", "a", "b");
    assertThat(density(choices, "a") + density(choices, "b") + density(choices, "c"))
        .isCloseTo(1, within(1e-12));
    // Of 3 trials each has 4 parts for its own and one for each value; the prior has a third each.
    assertThat(density(choices, "a"))
        .isCloseTo((2 * 5 / 7.0 + 1 / 7.0 + 1 / 3.0) / 4, within(1e-12));
  }

  @Test
  void drawsHaveTheDensity() {
    ParameterRange range = new IntegerRange(1, 6, false);
    ParzenEstimator estimator = of(range, 2, 2, 5);
    int[] counts = new int[7];
    Random random = new Random(1);
    int draws = 60_000;
    for (int i = 0; i < draws; i++) {
      counts[(int) estimator.draw(random).get("x")]++;
    }
    for (int i = 1; i <= 6; i++) {
      assertThat(counts[i] / (double) draws).isCloseTo(density(estimator, i), within(0.01));
    }
  }

  /** A product of densities would have as much at (0.1, 0.9) as at (0.1, 0.1). */
  @Test
  void whatWentWellTogetherIsLikelierTogether() {
    Map<String, ParameterRange> space =
        Map.of("x", new NumberRange(0, 1, false), "y", new NumberRange(0, 1, false));
    ParzenEstimator estimator =
        new ParzenEstimator(space, List.of(Map.of("x", 0.1, "y", 0.1), Map.of("x", 0.9, "y", 0.9)));
    assertThat(estimator.logDensity(Map.of("x", 0.1, "y", 0.1)))
        .isGreaterThan(estimator.logDensity(Map.of("x", 0.1, "y", 0.9)) + 1);
  }

  @Test
  void kernelsGetNarrowerWithTrialsThatAgreeAndNeverVanish() {
    double[] one = {0.5};
    double[] ten = {0.4, 0.42, 0.44, 0.46, 0.48, 0.5, 0.52, 0.54, 0.56, 0.58};
    assertThat(Bandwidth.of(one, 1)).isEqualTo(0.2);
    assertThat(Bandwidth.of(ten, 1))
        .isCloseTo(Math.sqrt((0.04 + 0.033) / 10) * Math.pow(10, -0.2), within(1e-12));
    assertThat(Bandwidth.of(new double[100_000], 1)).isEqualTo(0.01);
  }
}
