// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Worked by hand. */
class SuccessiveHalvingTest {

  private final Pruner third = Pruner.asha(1, 3);

  @Test
  void theFirstTrialsGoOnUntilThereIsAThirdToCompareWith() {
    assertThat(third.prunes(List.of(9.0), List.of())).isFalse();
    // Of two a third is none, and then one goes on: the best.
    assertThat(third.prunes(List.of(9.0), List.of(List.of(8.0)))).isTrue();
    assertThat(third.prunes(List.of(7.0), List.of(List.of(8.0)))).isFalse();
  }

  @Test
  void ofSixTheTwoBestGoOn() {
    List<List<Double>> five =
        List.of(List.of(1.0), List.of(5.0), List.of(3.0), List.of(4.0), List.of(6.0));
    assertThat(third.prunes(List.of(2.0), five)).isFalse();
    assertThat(third.prunes(List.of(3.5), five)).isTrue();
    assertThat(third.prunes(List.of(3.0), five)).isTrue(); // The one that had it first is better.
  }

  @Test
  void nobodyIsPrunedBetweenRungs() {
    List<List<Double>> others = List.of(List.of(1.0, 1.0, 1.0), List.of(1.0, 1.0, 1.0));
    assertThat(third.prunes(List.of(0.5, 9.0), others)).isFalse(); // The rungs are 1, 3, 9, ...
    assertThat(third.prunes(List.of(0.5, 9.0, 9.0), others)).isTrue();
    Pruner later = Pruner.asha(2, 2); // 2, 4, 8, ...
    assertThat(later.prunes(List.of(9.0), others)).isFalse();
    assertThat(later.prunes(List.of(9.0, 9.0), others)).isTrue();
    assertThat(later.prunes(List.of(9.0, 9.0, 9.0), others)).isFalse();
  }

  @Test
  void onlyThoseThatCameAsFarAreComparedWith() {
    List<List<Double>> others = List.of(List.of(1.0), List.of(1.0), List.of(5.0, 5.0, 5.0));
    assertThat(third.prunes(List.of(2.0, 2.0, 2.0), others)).isFalse();
  }

  @Test
  void whatIsNoNumberIsPruned() {
    assertThat(third.prunes(List.of(Double.NaN), List.of())).isTrue();
    assertThat(third.prunes(List.of(2.0), List.of(List.of(Double.NaN), List.of(3.0)))).isFalse();
  }

  @Test
  void numbersOutOfRangeAreRefused() {
    assertThatThrownBy(() -> Pruner.asha(0, 3)).hasMessageContaining("minEvaluations is 0");
    assertThatThrownBy(() -> Pruner.asha(1, 1)).hasMessageContaining("reductionFactor is 1");
  }
}
