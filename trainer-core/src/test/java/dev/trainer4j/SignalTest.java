// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.checkpoint.CheckpointStore;
import dev.trainer4j.testing.ChildJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A JVM of its own trains and receives real signals. */
@DisabledOnOs(OS.WINDOWS)
class SignalTest {

  private final Path outputDir;

  SignalTest(@TempDir Path folder) {
    outputDir = folder.resolve("out");
  }

  private Process start(String mode) throws IOException {
    List<String> command = new ArrayList<>(withSignals());
    command.addAll(ChildJvm.command(Child.class, outputDir, mode));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  /** A parent that ignores SIGINT, as in a script's background, would leave it ignored below. */
  private static List<String> withSignals() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (Files.isReadable(status)) {
      for (String line : Files.readAllLines(status)) {
        if (line.startsWith("SigIgn:")
            && new BigInteger(line.substring(7).strip(), 16).testBit(1)) {
          return List.of("env", "--default-signal=INT");
        }
      }
    }
    return List.of();
  }

  private static void send(String signal, Process process) throws Exception {
    assertThat(new ProcessBuilder("kill", "-" + signal, "" + process.pid()).start().waitFor())
        .isZero();
  }

  private static void waitFor(String text, BufferedReader out) throws IOException {
    List<String> seen = new ArrayList<>();
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      seen.add(line);
      if (line.equals(text)) {
        return;
      }
    }
    throw new AssertionError("expected " + text + " in " + seen);
  }

  private static void assertExit(int status, Process process) throws InterruptedException {
    assertThat(process.waitFor(240, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(status);
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM", "INT"})
  void aSignalInMidTrainingEndsItInGoodOrderAndTheResumedRunEqualsAnUninterruptedOne(String signal)
      throws Exception {
    Process child = start("train");
    try (BufferedReader out = child.inputReader(StandardCharsets.UTF_8)) {
      waitFor("step 4", out);
      send(signal, child);
      waitFor("ended by SIGNAL", out);
      assertExit(0, child);
    } finally {
      child.destroyForcibly();
    }
    List<Long> steps = SmallRun.steps(outputDir);
    assertThat(steps).hasSize(1);
    assertThat(steps.get(0)).isBetween(4L, 8L);
    assertThat(new CheckpointStore(outputDir).latestValid()).isPresent();

    SmallRun.Result resumed = SmallRun.into(outputDir).train(ResumeFrom.latest());
    assertThat(resumed.output().globalStep()).isEqualTo(9);
    assertThat(resumed.weights())
        .isEqualTo(SmallRun.into(outputDir.resolveSibling("whole")).train().weights());
  }

  @Test
  void aSecondSignalWhileSavingEndsTheJvmAsIfNobodyHandledIt() throws Exception {
    Process child = start("save slowly");
    try (BufferedReader out = child.inputReader(StandardCharsets.UTF_8)) {
      waitFor("step 4", out);
      send("TERM", child);
      waitFor("saving", out);
      send("TERM", child);
      assertExit(128 + 15, child);
    } finally {
      child.destroyForcibly();
    }
    assertThat(SmallRun.steps(outputDir)).isEmpty();
  }

  @Test
  void withoutTheArgumentASignalIsNotHandled() throws Exception {
    Process child = start("not handled");
    try (BufferedReader out = child.inputReader(StandardCharsets.UTF_8)) {
      waitFor("step 4", out);
      send("TERM", child);
      assertExit(128 + 15, child);
    } finally {
      child.destroyForcibly();
    }
    assertThat(outputDir).doesNotExist();
  }

  @Test
  void afterTrainingTheSignalEndsTheJvmAsBefore() throws Exception {
    Process child = start("wait afterwards");
    try (BufferedReader out = child.inputReader(StandardCharsets.UTF_8)) {
      waitFor("ended by COMPLETED", out);
      send("TERM", child);
      assertExit(128 + 15, child);
    } finally {
      child.destroyForcibly();
    }
  }

  /** The program that is sent signals. */
  static final class Child {
    private Child() {}

    public static void main(String[] args) throws Exception {
      String mode = args[1];
      boolean handled = !mode.equals("not handled");
      SmallRun run =
          SmallRun.into(Path.of(args[0]))
              .args(builder -> builder.enableJitCheckpoint(handled))
              .args(builder -> builder.saveStrategy(IntervalStrategy.NO));
      if (mode.equals("save slowly")) {
        run.extras(
            folder -> {
              System.out.println("saving");
              pause(Duration.ofMinutes(1));
            });
      }
      boolean slow = !mode.equals("wait afterwards");
      SmallRun.Result result =
          run.train(
              ResumeFrom.never(),
              trainer -> {
                System.out.println("step " + trainer.state().globalStep());
                pause(Duration.ofMillis(slow && trainer.state().globalStep() >= 4 ? 1500 : 0));
              });
      System.out.println("ended by " + result.output().stopReason());
      if (!slow) {
        pause(Duration.ofMinutes(1));
      }
    }

    private static void pause(Duration time) {
      try {
        Thread.sleep(time.toMillis());
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
