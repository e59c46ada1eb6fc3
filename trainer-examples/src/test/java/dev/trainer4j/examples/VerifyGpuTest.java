// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.examples.gpu.Verification;
import dev.trainer4j.torch.Devices;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The fourteen steps on the CPU: they run, find no fault, and say what only a GPU can answer. */
final class VerifyGpuTest {

  private final Path out;
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

  VerifyGpuTest(@TempDir Path out) {
    this.out = out;
  }

  private int run(String... more) throws Exception {
    String[] args = new String[more.length + 4];
    System.arraycopy(more, 0, args, 0, more.length);
    System.arraycopy(
        new String[] {"--out", out.toString(), "--device", "cpu"}, 0, args, more.length, 4);
    return Verification.of(args).run(new PrintStream(printed, true, StandardCharsets.UTF_8));
  }

  private JsonNode json() throws Exception {
    return new ObjectMapper().readTree(out.resolve("verify-gpu.json").toFile());
  }

  @Test
  void everyStepRunsOnTheCpuAndSaysWhatItCannotTellThere() throws Exception {
    assertThat(run("--in-process")).as(printed.toString(StandardCharsets.UTF_8)).isZero();

    JsonNode json = json();
    assertThat(json.path("faults").asInt()).isZero();
    assertThat(json.path("steps")).hasSize(14);
    for (JsonNode step : json.path("steps")) {
      boolean kernels = step.path("number").asInt() == 2;
      assertThat(step.path("verdict").asText())
          .as(step.toString())
          .isEqualTo(kernels ? "ok" : "needs a card");
      assertThat(step.path("found").asText()).isNotEmpty();
    }
    assertThat(json.path("machine").path("libtorch").asText()).startsWith("2.7.1 in ");
    // The CPU beside itself: a comparison that compares nothing would show nothing else.
    assertThat(json.at("/steps/2/figures/adamw_torch").asDouble(1)).isZero();
    assertThat(json.at("/steps/4/figures/t5 weights").asDouble(1)).isZero();
    assertThat(json.at("/steps/6/figures/bf16, workers 2").asDouble(0)).isPositive();
    // Two ranks beside one: sums in another order, so not to the bit.
    assertThat(json.at("/steps/12/figures/checks").asDouble()).isEqualTo(2 + 2 + 9 * 6);
    assertThat(json.at("/steps/13/figures/llama weights").asDouble(1)).isBetween(0.0, 1e-5);
    String table = printed.toString(StandardCharsets.UTF_8);
    assertThat(table)
        .contains("Can this machine train on a GPU? 14 of 14 steps")
        .contains("No fault in 14 steps on the CPU. 13 of them only a GPU can answer")
        .contains("five wrong indices were named");
    assertThat(table.lines().filter(line -> line.contains("needs a card")))
        .allMatch(line -> line.length() < 130);
  }

  @Test
  void aStepInAProcessOfItsOwnTellsWhatItFound() throws Exception {
    assertThat(run("--steps", "2")).isZero();
    assertThat(json().at("/steps/0/verdict").asText()).isEqualTo("ok");
    assertThat(out.resolve("step-2.log")).exists();
  }

  @Test
  void aFaultEndsWithStatusOneAndNamesWhatItIs() throws Exception {
    // The folder of a step that is a file: nothing can be written there.
    java.nio.file.Files.writeString(out.resolve("step-9"), "in the way");
    assertThat(run("--in-process", "--steps", "9")).isEqualTo(1);
    assertThat(json().at("/steps/0/verdict").asText()).isEqualTo("FAULT");
    assertThat(json().path("faults").asInt()).isEqualTo(1);
    assertThat(printed.toString(StandardCharsets.UTF_8)).contains("1 of 1 steps found a fault");
  }

  @Test
  void argumentsThatSayNothingAreRefusedWithWhatThereIs() {
    assertThatThrownBy(() -> Verification.of("--steps", "15"))
        .hasMessageContaining("--steps has '15': give numbers from 1 to 14");
    assertThatThrownBy(() -> Verification.of("--device", "tpu"))
        .hasMessageContaining("--device is 'tpu'")
        .hasMessageContaining("give cpu, gpu, or gpu:1");
    assertThatThrownBy(() -> Verification.of("--fast", "1"))
        .hasMessageContaining("--fast is unknown");
    assumeFalse(Devices.hasGpu());
    assertThatThrownBy(() -> Verification.of("--device", "gpu:1"))
        .hasMessageStartingWith("--device is gpu(1), but there is no GPU to use: ");
  }
}
