// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LearningRateSchedulersTest {

  private static final ScheduleContext RUN = new ScheduleContext(0.1, 2, 10, false);

  @Test
  void knowsTheTwelveNames() {
    assertThat(LearningRateSchedulers.names())
        .containsExactly(
            "linear",
            "cosine",
            "cosine_with_restarts",
            "polynomial",
            "constant",
            "constant_with_warmup",
            "inverse_sqrt",
            "reduce_lr_on_plateau",
            "cosine_with_min_lr",
            "cosine_warmup_with_min_lr",
            "warmup_stable_decay",
            "greedy");
  }

  @Test
  void namesTheChoicesForAnUnknownType() {
    assertRejected("cosin", Map.of(), "lrSchedulerType", "'cosin'", "warmup_stable_decay");
  }

  @Test
  void rejectsUnknownArguments() {
    assertRejected("cosine", Map.of("cycles", 2), "'cycles'", "num_cycles");
    assertRejected("linear", Map.of("power", 2), "'power'", "no arguments");
    assertRejected("constant", Map.of("num_cycles", 2), "'num_cycles'", "no arguments");
  }

  @Test
  void requiresTheDecaySteps() {
    assertRejected("warmup_stable_decay", Map.of(), "num_decay_steps", "requires");
  }

  @Test
  void rejectsDecayBeyondTheRunUnlessTheStableStepsAreGiven() {
    assertRejected("warmup_stable_decay", Map.of("num_decay_steps", 9), "9", "2 warmup", "10");
    create("warmup_stable_decay", Map.of("num_decay_steps", 9, "num_stable_steps", 0));
  }

  @Test
  void requiresExactlyOneMinimum() {
    for (String type : new String[] {"cosine_with_min_lr", "cosine_warmup_with_min_lr"}) {
      assertRejected(type, Map.of(), "min_lr_rate", "min_lr", "not given");
      assertRejected(type, Map.of("min_lr", 0.01, "min_lr_rate", 0.1), "keep one");
      assertRejected(type, Map.of("min_lr", 0.2), "0.2", "at most the learning rate, 0.1");
    }
  }

  @Test
  void rejectsValuesOutOfTheirRange() {
    assertRejected("cosine", Map.of("num_cycles", "two"), "num_cycles", "two", "a number");
    assertRejected("inverse_sqrt", Map.of("timescale", 0), "timescale", "above 0");
    assertRejected("polynomial", Map.of("lr_end", 0.5), "lr_end", "0.5", "below the learning rate");
    assertRejected("reduce_lr_on_plateau", Map.of("factor", 1.0), "factor", "below 1");
    assertRejected("reduce_lr_on_plateau", Map.of("patience", 1.5), "patience", "whole number");
    assertRejected("greedy", Map.of("mode", "maximum"), "mode", "maximum", "[min, max]");
    assertRejected("greedy", Map.of("smooth", "yes"), "smooth", "true or false");
  }

  @Test
  void takesNullForNotGiven() {
    Map<String, Object> kwargs = new HashMap<>();
    kwargs.put("num_cycles", null);
    assertThat(create("cosine", kwargs).factor(10)).isEqualTo(0);
  }

  @Test
  void rejectsAnImpossibleRun() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ScheduleContext(0.1, 0, 0, false))
        .withMessageContainingAll("totalSteps is 0", "at least one update");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ScheduleContext(0.1, 11, 10, false))
        .withMessageContainingAll("warmupSteps is 11", "10 updates", "Lower warmupSteps");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ScheduleContext(0.1, -1, 10, false))
        .withMessageContaining("warmupSteps is -1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ScheduleContext(Double.NaN, 0, 10, false))
        .withMessageContaining("learningRate is NaN");
  }

  @Test
  void endsWithTheLowestRateWhenWarmupFillsTheRun() {
    ScheduleContext run = new ScheduleContext(0.1, 10, 10, false);
    assertThat(LearningRateSchedulers.create("linear", Map.of(), run).factor(10)).isEqualTo(0);
    assertThat(LearningRateSchedulers.create("polynomial", Map.of(), run).factor(10))
        .isEqualTo(1e-6);
  }

  @Test
  void pureSchedulesHaveNoStateAndIgnoreMetrics() {
    LearningRateScheduler linear = create("linear", Map.of());
    linear.onMetric(3);
    assertThat(linear.isMetricDriven()).isFalse();
    assertThat(linear.state()).isEmpty();
    assertThat(linear.factor(2)).isEqualTo(1);
  }

  private static LearningRateScheduler create(String type, Map<String, Object> kwargs) {
    return LearningRateSchedulers.create(type, kwargs, RUN);
  }

  private static void assertRejected(
      String type, Map<String, Object> kwargs, CharSequence... messageParts) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> create(type, kwargs))
        .withMessageContainingAll(messageParts);
  }
}
