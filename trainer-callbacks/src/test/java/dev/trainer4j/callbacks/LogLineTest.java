// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.state.LogEntry;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LogLineTest {

  @ParameterizedTest
  @CsvSource({
    "0.285873979, 0.2859",
    "0.0002, 0.0002",
    "0.0000123456, 1.235e-5",
    "0.2, 0.2",
    "5, 5",
    "12345.678, 12350",
    "82864, 82864",
    "123456789, 123456789",
    "123456789.5, 1.235e8",
    "251116185600, 2.511e11",
    "-0.5, -0.5",
    "0, 0",
    "NaN, NaN",
    "-Infinity, -Infinity"
  })
  void hasFourSignificantDigitsAndCountsInFull(double value, String text) {
    assertThat(LogLine.number(value)).isEqualTo(text);
  }

  @Test
  void opensWithEpochAndStepAndKeepsTheOrder() {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("loss", 1.2345678);
    values.put("grad_norm", 0.5);
    values.put("epoch", 1.0);

    assertThat(LogLine.of(new LogEntry(265, values)))
        .isEqualTo("epoch 1.00, step 265: loss 1.235, grad_norm 0.5");
  }
}
