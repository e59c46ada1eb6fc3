// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetricDrivenScheduleTest {

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void plateauFollowsTheDirectionOfTheMetric(boolean greaterIsBetter) {
    LearningRateScheduler scheduler =
        plateau(Map.of("patience", 0, "factor", 0.5), greaterIsBetter);
    scheduler.onMetric(1);
    scheduler.onMetric(2);
    assertThat(scheduler.factor(0)).isEqualTo(greaterIsBetter ? 1 : 0.5);
  }

  @Test
  void anExplicitModeWins() {
    LearningRateScheduler scheduler =
        plateau(Map.of("patience", 0, "factor", 0.5, "mode", "min"), true);
    scheduler.onMetric(1);
    scheduler.onMetric(2);
    assertThat(scheduler.factor(0)).isEqualTo(0.5);
  }

  @Test
  void anOptionWithoutEffectIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                LearningRateSchedulers.create(
                    "greedy", Map.of("verbose", true), new ScheduleContext(1e-2, 0, 10, false)))
        .withMessageContainingAll("'verbose' of 'greedy' is true", "remove it", "no effect");
  }

  @Test
  void aMetricThatIsNotFiniteNeverCountsAsAnImprovement() {
    LearningRateScheduler scheduler = plateau(Map.of("patience", 1, "factor", 0.5), false);
    scheduler.onMetric(Double.NEGATIVE_INFINITY);
    scheduler.onMetric(Double.NaN);
    assertThat(scheduler.factor(0)).isEqualTo(0.5);
    assertThat(scheduler.state()).doesNotContainKey("best");
  }

  @ParameterizedTest
  @ValueSource(strings = {"reduce_lr_on_plateau", "greedy"})
  void continuesExactlyFromAStateThatWentThroughJson(String type) throws Exception {
    for (int saveAt = 0; saveAt < 60; saveAt += 7) {
      Random random = new Random(5);
      LearningRateScheduler straight = restless(type);
      LearningRateScheduler resumed = restless(type);
      for (int i = 0; i < 60; i++) {
        if (i == saveAt) {
          Map<String, Object> saved = throughJson(straight.state());
          resumed.restore(saved);
        }
        double metric = 1 + random.nextDouble() - i / 60.0;
        straight.onMetric(metric);
        if (i >= saveAt) {
          resumed.onMetric(metric);
          assertThat(resumed.factor(i)).isEqualTo(straight.factor(i));
        }
      }
      assertThat(resumed.state()).isEqualTo(straight.state());
    }
  }

  @Test
  void namesWhatIsMissingInAState() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> plateau(Map.of(), false).restore(Map.of("best", 1)))
        .withMessageContainingAll("'factor' = null", "lrSchedulerType");
  }

  private static LearningRateScheduler restless(String type) {
    Map<String, Object> kwargs =
        type.equals("greedy")
            ? Map.of("patience", 0, "min_lr", 0.05, "smooth", true, "window_size", 3, "warmup", 1)
            : Map.of("patience", 1, "factor", 0.9, "cooldown", 2);
    return LearningRateSchedulers.create(type, kwargs, new ScheduleContext(0.1, 0, 1, false));
  }

  private static LearningRateScheduler plateau(
      Map<String, Object> kwargs, boolean greaterIsBetter) {
    return LearningRateSchedulers.create(
        "reduce_lr_on_plateau", kwargs, new ScheduleContext(0.1, 0, 1, greaterIsBetter));
  }

  private static Map<String, Object> throughJson(Map<String, Object> state) throws Exception {
    ObjectMapper json = new ObjectMapper();
    return json.readValue(json.writeValueAsString(state), new TypeReference<>() {});
  }
}
