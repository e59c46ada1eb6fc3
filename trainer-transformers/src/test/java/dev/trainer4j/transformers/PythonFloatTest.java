// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each text is what Python prints for the number. */
class PythonFloatTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0",
        "0.02",
        "1e-12",
        "1e-05",
        "0.0001",
        "10000.0",
        "500000.0",
        "1e+16",
        "1.5e+300",
        "-0.125",
        "123456789.25",
        "2.5e-07"
      })
  void numbersArePrintedAsPythonPrintsThem(String text) {
    assertThat(PythonFloat.repr(Double.parseDouble(text))).isEqualTo(text);
  }
}
