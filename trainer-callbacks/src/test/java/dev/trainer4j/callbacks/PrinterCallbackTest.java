// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.Trainer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrinterCallbackTest {

  private final Path dir;

  PrinterCallbackTest(@TempDir Path dir) {
    this.dir = dir;
  }

  @Test
  void printsOneLineForEachLogEntry() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GoldenTask task = new GoldenTask();
        Trainer trainer =
            task.trainer(GoldenTask.args(dir).maxSteps(2).build())
                .callback(new PrinterCallback(new PrintStream(bytes, true, UTF_8)))
                .build()) {
      trainer.train();

      assertThat(bytes.toString(UTF_8).lines())
          .hasSize(3)
          .startsWith(
              "epoch 0.11, step 1: loss 1.151, grad_norm 0.758, learning_rate 0.2",
              "epoch 0.22, step 2: loss 0.8004, grad_norm 0.6795, learning_rate 0.1")
          .last()
          .asString()
          .startsWith("epoch 0.22, step 2: train_runtime ");
      assertThat(trainer.state().logHistory().get(0).values()).containsKey("epoch");
    }
  }
}
