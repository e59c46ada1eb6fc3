// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class EarlyStoppingCheckTest {

  private static final EarlyStoppingCheck ANY = new EarlyStoppingCheck(2, 0, false);

  @Test
  void countsEvaluationsInARowWithoutImprovement() {
    assertThat(ANY.count(0, 0.5, 0.4, false)).isEqualTo(1);
    assertThat(ANY.count(1, 0.4, 0.4, false)).isEqualTo(2);
    assertThat(ANY.count(2, 0.3, 0.4, false)).isZero();
    assertThat(ANY.isExhausted(1)).isFalse();
    assertThat(ANY.isExhausted(2)).isTrue();
  }

  @Test
  void takesTheFirstEvaluationForAnImprovement() {
    assertThat(ANY.count(0, 9, null, false)).isZero();
    assertThat(ANY.count(0, 0, null, true)).isZero();
  }

  @Test
  void knowsMetricsThatGrow() {
    assertThat(ANY.count(0, 0.5, 0.4, true)).isZero();
    assertThat(ANY.count(0, 0.3, 0.4, true)).isEqualTo(1);
  }

  @Test
  void asksForMoreThanTheThreshold() {
    EarlyStoppingCheck check = new EarlyStoppingCheck(2, 0.25, false);
    assertThat(check.count(0, 0.75, 1.0, false)).isEqualTo(1);
    assertThat(check.count(0, 0.74, 1.0, false)).isZero();
  }

  @Test
  void takesARelativeThresholdAsAShareOfTheBest() {
    EarlyStoppingCheck check = new EarlyStoppingCheck(2, 0.5, true);
    assertThat(check.count(0, 4.0, 8.0, false)).isEqualTo(1);
    assertThat(check.count(0, 3.9, 8.0, false)).isZero();
    assertThat(check.count(0, -13.0, -8.0, false)).isZero();
    assertThat(check.count(0, -11.0, -8.0, false)).isEqualTo(1);
  }

  @Test
  void takesNotANumberForNoImprovementAndAnyNumberForOneAfterIt() {
    assertThat(ANY.count(0, Double.NaN, 0.4, false)).isEqualTo(1);
    assertThat(ANY.count(1, Double.NaN, Double.NaN, false)).isEqualTo(2);
    assertThat(ANY.count(1, 7, Double.NaN, false)).isZero();
  }

  @Test
  void takesAnyNumberForAnImprovementOnEvaluationsThatGaveNone() {
    for (EarlyStoppingCheck check :
        List.of(ANY, new EarlyStoppingCheck(2, 0.5, false), new EarlyStoppingCheck(2, 0.5, true))) {
      double worst = Double.POSITIVE_INFINITY;
      assertThat(check.count(1, 7, worst, false)).isZero();
      assertThat(check.count(1, -7, -worst, true)).isZero();
      assertThat(check.count(1, Double.NaN, worst, false)).isEqualTo(2);
      assertThat(check.count(1, Double.NaN, -worst, true)).isEqualTo(2);
      assertThat(check.count(1, worst, worst, false)).isEqualTo(2);
      assertThat(check.count(1, -worst, -worst, true)).isEqualTo(2);
      assertThat(check.count(1, 0.1, -worst, false)).isEqualTo(2);
    }
  }

  @Test
  void refusesSettingsOutOfRange() {
    assertThatThrownBy(() -> new EarlyStoppingCallback(0)).hasMessageContaining("patience");
    assertThatThrownBy(() -> new EarlyStoppingCallback(1, -0.1))
        .hasMessageContaining("improvement")
        .hasMessageContaining("-0.1");
    assertThatThrownBy(() -> EarlyStoppingCallback.builder(1).startFrom(-1).build())
        .hasMessageContaining("startFrom");
  }
}
