// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.args.InvalidArgumentsException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a {@code ds_config.json} says of a run is held against the run before its first update. */
class DeepSpeedSizesTest {

  private final Path folder;

  DeepSpeedSizesTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private SmallRun run(int totalSteps) {
    return SmallRun.into(folder)
        .args(
            args ->
                args.deepspeed(
                    Map.of("scheduler", Map.of("params", Map.of("total_num_steps", totalSteps)))));
  }

  @Test
  void aRunOfAnotherLengthThanTheFileSaysIsRefusedBeforeItBegins() {
    assertThatThrownBy(() -> run(10).train())
        .isInstanceOf(InvalidArgumentsException.class)
        .hasMessageContaining(
            "deepspeed.scheduler.params.total_num_steps = 10: expected what the training arguments"
                + " say, the updates of this run: 9. Set it to auto.");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void aRunOfTheLengthThatTheFileSaysTrains() throws Exception {
    assertThat(run(9).train().state().globalStep()).isEqualTo(9);
  }
}
