// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTest {

  @ParameterizedTest
  @CsvSource({
    "90s, PT1M30S, 1min30s",
    "30min, PT30M, 30min",
    "2h, PT2H, 2h",
    "1h30min, PT1H30M, 1h30min",
    "1d 2h 3min 4s 5ms, PT26H3M4.005S, 1d2h3min4s5ms",
    "250ms, PT0.25S, 250ms",
    "48h, PT48H, 2d",
  })
  void aTextIsATimeAndIsWrittenInTheLargestUnits(String text, Duration time, String written) {
    TrainingArguments args =
        TrainingArguments.fromCommandLine("--max_train_time", text, "--save_interval=" + text);

    assertThat(args.maxTrainTime()).contains(time);
    assertThat(args.saveInterval()).contains(time);
    assertThat(args.toMap()).containsEntry("save_interval", written);
    assertThat(TrainingArguments.parseJson(args.toJson())).isEqualTo(args);
    assertThat(TrainingArguments.parseYaml(args.toYaml())).isEqualTo(args);
  }

  @ParameterizedTest
  @ValueSource(strings = {"30", "30m", "min", "", "1.5h", "-1h", "0s", "30min 2h", "soon"})
  void anythingElseIsRefusedWithAnExample(String text) {
    assertThatThrownBy(() -> TrainingArguments.fromCommandLine("--max_train_time=" + text))
        .isInstanceOf(InvalidArgumentsException.class)
        .hasMessageContaining("max_train_time")
        .hasMessageContaining("such as 30min or 1h30min");
  }

  @Test
  void aBareNumberIsRefusedBecauseItCouldBeSecondsOrMinutes() {
    assertThatThrownBy(() -> TrainingArguments.parseYaml("save_interval: 30"))
        .hasMessageContaining("save_interval = 30: expected a time above 0");
  }

  @Test
  void aTimeThatCannotBeWrittenDownIsRefused() {
    for (Duration time : new Duration[] {Duration.ZERO, Duration.ofNanos(1), Duration.ofDays(-1)}) {
      assertThatThrownBy(() -> TrainingArguments.builder().maxTrainTime(time).build())
          .hasMessageContaining("maxTrainTime = " + time + ": expected a time above 0");
    }
  }
}
