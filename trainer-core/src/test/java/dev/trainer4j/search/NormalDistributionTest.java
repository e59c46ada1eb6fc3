// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Percentage;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NormalDistributionTest {

  /** Figures of C's erfc. */
  @ParameterizedTest
  @CsvSource({
    "-6, 9.865876450377012e-10",
    "-2.6, 0.004661188023718751",
    "-1, 0.15865525393145707",
    "0, 0.5",
    "0.3, 0.6179114221889526",
    "2.4, 0.9918024640754038",
    "3, 0.9986501019683699"
  })
  void isThatOfTables(double z, double below) {
    assertThat(NormalDistribution.below(z)).isCloseTo(below, Percentage.withPercentage(1e-9));
    assertThat(NormalDistribution.below(-z)).isCloseTo(1 - below, within(1e-13));
  }

  @ParameterizedTest
  @CsvSource({"-40, 0", "40, 1"})
  void goesToItsLimits(double z, double below) {
    assertThat(NormalDistribution.below(z)).isEqualTo(below, within(1e-300));
  }
}
