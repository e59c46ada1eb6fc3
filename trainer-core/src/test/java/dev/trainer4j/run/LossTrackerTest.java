// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LossTrackerTest {

  private static UpdateOutcome update(List<Double> rates) {
    return new UpdateOutcome(0.5, 4, Map.of(), 1.5, rates, true, 1, 4, 0, 0, null);
  }

  @Test
  void ratesOfAllGroupsOutliveAResume() {
    LossTracker losses = new LossTracker();
    losses.add(update(List.of(0.1, 0.02)));

    LossTracker resumed = new LossTracker();
    resumed.restore(losses.state());

    assertThat(resumed.learningRates())
        .containsExactly(Map.entry("learning_rate", 0.1), Map.entry("learning_rate_1", 0.02));
    assertThat(resumed.gradientNorm()).isEqualTo(1.5);
    assertThat(resumed.trainLoss()).isEqualTo(0.5);
  }

  @Test
  void oneRateOfAllGroupsHasHuggingFacesNameAlone() {
    LossTracker losses = new LossTracker();
    losses.add(update(List.of(0.1)));
    assertThat(losses.learningRates()).containsExactly(Map.entry("learning_rate", 0.1));
  }
}
