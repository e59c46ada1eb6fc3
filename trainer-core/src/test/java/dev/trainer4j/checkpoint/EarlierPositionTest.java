// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.json.JsonException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code rng_state.json} of earlier versions, without what came later. */
class EarlierPositionTest {

  private static final String EARLIER =
      """
      {"seed": 42, "data_seed": 7, "dataset_size": 22, "epoch": 1, "samples_in_epoch": 8,
       "epoch_over": false, "samples_seen": 30, "losses": {"": [1.5, 2.0]}}
      """;

  @TempDir Path folder;

  @Test
  void isReadAsIfNothingOfItHadHappened() throws IOException {
    Files.writeString(folder.resolve("rng_state.json"), EARLIER);

    ResumePoint point = new CheckpointFiles(folder).readPosition();

    assertThat(point.samplesInEpoch()).isEqualTo(8);
    assertThat(point.samplesSeen()).isEqualTo(30);
    assertThat(point.epochStop()).isFalse();
    assertThat(point.epochEndServed()).isFalse();
    assertThat(point.stream()).isNull();
  }

  @Test
  void isRefusedWithoutWhatEveryVersionWrote() throws IOException {
    Files.writeString(
        folder.resolve("rng_state.json"), EARLIER.replace("\"samples_in_epoch\": 8,", ""));

    assertThatThrownBy(() -> new CheckpointFiles(folder).readPosition())
        .isInstanceOf(JsonException.class)
        .hasMessageContaining("rng_state.json: samples_in_epoch is missing");
  }
}
