// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteSizesTest {

  @ParameterizedTest
  @CsvSource({
    "5GB, 5000000000",
    "5GiB, 5368709120",
    "200MB, 200000000",
    "1KiB, 1024",
    "10kb, 10000",
    "2TB, 2000000000000",
    "12345, 12345",
  })
  void aSizeIsReadAsHuggingFaceReadsIt(String text, long bytes) {
    TrainingArguments args = TrainingArguments.fromCommandLine("--max_shard_size", text);

    assertThat(args.maxShardBytes()).isEqualTo(bytes);
    assertThat(TrainingArguments.parseJson(args.toJson())).isEqualTo(args);
    assertThat(TrainingArguments.parseYaml(args.toYaml())).isEqualTo(args);
  }

  @Test
  void theDefaultIsHuggingFaces() {
    assertThat(TrainingArguments.builder().build().maxShardBytes()).isEqualTo(50_000_000_000L);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "0GB", "-1", "5Gb5", "GB", "1.5GB", "9999999TB", "big"})
  void anythingElseIsRefusedWithAnExample(String text) {
    assertThatThrownBy(() -> TrainingArguments.builder().maxShardSize(text).build())
        .isInstanceOf(InvalidArgumentsException.class)
        .hasMessageContaining("maxShardSize = " + text)
        .hasMessageContaining("such as 5GB");
  }
}
