// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import static dev.trainer4j.distributed.launch.Processes.await;
import static dev.trainer4j.distributed.launch.Processes.awaitEnd;
import static dev.trainer4j.distributed.launch.Processes.launcher;
import static dev.trainer4j.distributed.launch.Processes.pids;
import static dev.trainer4j.distributed.launch.Processes.signal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.distributed.launch.Processes.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Jobs of real processes, through Open MPI, with all that goes wrong with processes. */
final class LaunchTest {

  private static final String PROGRAM = Program.class.getName();
  private static final String TRAINING = TrainingProgram.class.getName();

  @TempDir private Path folder;

  private Path log() {
    return folder.resolve("log");
  }

  /** The launcher as a process of its own, with ranks on the CPU. */
  private Process start(int ranks, String... words) throws IOException {
    List<String> all =
        new ArrayList<>(List.of("launch", "--num_processes", String.valueOf(ranks), "--cpu"));
    all.addAll(List.of(words));
    return launcher(log(), Map.of(), all.toArray(String[]::new));
  }

  /** Two ranks on the CPU, launched from here. */
  private static Launch two() {
    return Launch.processes(2).flag("cpu", "true").silently().jvmOptions("-XX:TieredStopAtLevel=1");
  }

  @Test
  void tellsEachRankWhoItIsAndHowToTrain() throws Exception {
    LaunchResult result =
        two()
            .flag("mixed_precision", "bf16")
            .flag("num_cpu_threads_per_process", "3")
            .environment("OF_THE_TEST", "a b")
            .run(Program.class, "environment", "--learning_rate", "an \"x\" $y")
            .orThrow();

    for (int rank = 0; rank < 2; rank++) {
      assertThat(result.output().get(rank))
          .contains(
              "RANK=" + rank,
              "LOCAL_RANK=" + rank,
              "WORLD_SIZE=2",
              "LOCAL_WORLD_SIZE=2",
              "MASTER_ADDR=127.0.0.1",
              "MASTER_PORT=29500",
              "ACCELERATE_USE_CPU=true",
              "ACCELERATE_MIXED_PRECISION=bf16",
              "CUDA_VISIBLE_DEVICES=",
              "OMP_NUM_THREADS=3",
              "MALLOC_ARENA_MAX=1",
              "OF_THE_TEST=a b",
              "threads=3",
              "args=[environment, --learning_rate, an \"x\" $y]");
    }
  }

  @Test
  void givesEachLocalRankItsGpu() throws Exception {
    LaunchResult result =
        Launch.processes(2)
            .flag("gpu_ids", "6,3")
            .silently()
            .jvmOptions("-XX:TieredStopAtLevel=1")
            .run(Program.class, "environment")
            .orThrow();

    assertThat(result.output().get(0)).contains("CUDA_VISIBLE_DEVICES=6");
    assertThat(result.output().get(1)).contains("CUDA_VISIBLE_DEVICES=3");
  }

  @Test
  void endsAllRanksWhenOneThrowsAndSaysWhatItThrew() throws Exception {
    Ended ended = await(start(3, "--quiet", PROGRAM, "throw", "2"), log());

    assertThat(ended.exitCode()).isEqualTo(1);
    assertThat(ended.output())
        .startsWith("launch: rank 2 failed first, with exit code 1; its last lines:")
        .contains("IllegalStateException: the data of rank 2 is broken")
        .doesNotContain("mpirun");
  }

  @Test
  void endsAllRanksWhenOneIsKilled() throws Exception {
    Process launcher = start(2, PROGRAM, "sleep", folder.toString());
    List<Long> pids = pids(folder, 2);

    signal("KILL", pids.get(1));
    Ended ended = await(launcher, log());

    assertThat(ended.exitCode()).isEqualTo(137);
    assertThat(ended.output()).contains("rank 1 failed first, with signal 9 (Killed)");
    awaitEnd(pids);
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM", "INT"})
  void handsASignalOnToAllRanksAndWaitsForThem(String name) throws Exception {
    Process launcher = start(2, PROGRAM, "save", folder.toString());
    List<Long> pids = pids(folder, 2);

    signal(name, launcher.pid());
    Ended ended = await(launcher, log());

    assertThat(ended.exitCode()).isEqualTo(name.equals("TERM") ? 143 : 130);
    assertThat(folder.resolve("saved-0")).exists();
    assertThat(folder.resolve("saved-1")).exists();
    awaitEnd(pids);
  }

  @Test
  void leavesNoRankBehindWhenItIsKilled() throws Exception {
    Process launcher = start(2, PROGRAM, "sleep", folder.toString());
    List<Long> pids = pids(folder, 2);

    signal("KILL", launcher.pid());
    launcher.waitFor();

    awaitEnd(pids);
  }

  @Test
  void savesACheckpointOnEveryRanksWordWhenItIsAskedToEnd() throws Exception {
    Path out = Files.createDirectories(folder.resolve("out"));
    Process launcher = start(2, TRAINING, out.toString(), "1000", "wait");
    for (int rank = 0; rank < 2; rank++) {
      Path running = out.resolve("running-" + rank);
      Processes.awaitThat("rank " + rank + " trains", () -> Files.exists(running));
    }

    signal("TERM", launcher.pid());
    Ended ended = await(launcher, log());

    assertThat(ended.exitCode()).isEqualTo(143);
    assertThat(ended.output())
        .contains("[rank 0] stopped=SIGNAL")
        .contains("[rank 1] stopped=SIGNAL");
    try (var children = Files.list(out)) {
      assertThat(children)
          .anyMatch(child -> child.getFileName().toString().startsWith("checkpoint-"));
    }
  }

  /** As Accelerate's documentation has the flags. */
  @Test
  void shardsAsFlagsOfFsdpSay() throws Exception {
    Path out = folder.resolve("bert");
    String flags =
        "launch --num_processes 2 --use_fsdp --mixed_precision=bf16"
            + " --fsdp_auto_wrap_policy=TRANSFORMER_BASED_WRAP"
            + " --fsdp_transformer_layer_cls_to_wrap=BertLayer --fsdp_sharding_strategy=1"
            + " --fsdp_state_dict_type=FULL_STATE_DICT ";
    String words = flags + BertProgram.class.getName() + " " + out;
    Process launcher = launcher(log(), Map.of(), words.split(" "));

    Ended ended = await(launcher, log());

    assertThat(ended.exitCode()).as(ended.output()).isZero();
    assertThat(ended.output())
        .contains("[rank 0] bf16=true", "[rank 1] bf16=true", "[rank 1] shared=PARAMETERS")
        .contains("state_dict_type=FULL_STATE_DICT, transformer_layer_cls_to_wrap=[BertLayer]");
    assertThat(line(ended, "[rank 0] loss=")).isEqualTo(line(ended, "[rank 1] loss="));
    assertThat(out.resolve("checkpoint-3/model.safetensors")).isRegularFile();
  }

  private static String line(Ended ended, String start) {
    return ended
        .output()
        .lines()
        .filter(line -> line.startsWith(start))
        .findFirst()
        .orElseThrow()
        .substring(start.length());
  }

  @Test
  void startsAgainFromTheNewestCheckpointOfTheJobAndEndsWithTheSameWeights() throws Exception {
    Path out = folder.resolve("again");
    // Of an earlier job, with a higher number than any of this one; it must not be taken for this
    // one's.
    Launch.processes(1)
        .silently()
        .jvmOptions("-XX:TieredStopAtLevel=1")
        .run(TrainingProgram.class, out.toString(), "40", "none")
        .orThrow();

    Launch two = two();
    LaunchResult again =
        two.flag("max_restarts", "1")
            .run(TrainingProgram.class, out.toString(), "20", "die")
            .orThrow();
    LaunchResult whole =
        two.run(TrainingProgram.class, folder.resolve("whole").toString(), "20", "none").orThrow();

    assertThat(again.restarts()).isEqualTo(1);
    assertThat(again.output().get(0)).anyMatch(line -> line.startsWith("weights="));
    assertThat(results(again)).isEqualTo(results(whole));
  }

  /** What the program says of the trained model, by rank; the log beside it has times. */
  private static List<List<String>> results(LaunchResult result) {
    return result.output().stream()
        .map(
            lines ->
                lines.stream().filter(line -> line.matches("(step|weights|stopped)=.*")).toList())
        .toList();
  }

  @Test
  void givesUpAfterTheLastRestart() throws Exception {
    LaunchResult result = two().flag("max_restarts", "2").run(Program.class, "exit", "1");

    assertThat(result.restarts()).isEqualTo(2);
    assertThat(result.failure())
        .hasValueSatisfying(
            failure -> {
              assertThat(failure.rank()).hasValue(1);
              assertThat(failure.cause()).isEqualTo("exit code 7");
            });
  }

  @Test
  void keepsTheOutputOfEachRankInFiles() throws Exception {
    Path logs = folder.resolve("logs");

    two()
        .flag("log_dir", logs.toString())
        .flag("max_restarts", "1")
        .run(Program.class, "once")
        .orThrow();

    assertThat(logs.resolve("attempt_0/1/stderr.log"))
        .content()
        .contains("the data of rank 1 is broken");
    assertThat(logs.resolve("attempt_1/0/stdout.log")).hasContent("attempt 1");
    assertThat(logs.resolve("attempt_1/1/stdout.log")).hasContent("attempt 1");
  }

  @Test
  void saysThatOutputCannotBeKeptBeforeAnythingIsStarted() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "no folder");
    Launch launch = two().flag("log_dir", file.resolve("logs").toString());

    assertThatThrownBy(() -> launch.run(Program.class, "once"))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("--log_dir is " + file.resolve("logs"));
  }

  @Test
  void saysWhatToInstallWhereOpenMpiIsMissing() throws Exception {
    Ended ended =
        await(
            launcher(
                log(),
                Map.of("PATH", folder.toString()),
                "launch",
                "--num_processes",
                "2",
                "--cpu",
                PROGRAM,
                "environment"),
            log());

    assertThat(ended.exitCode()).isEqualTo(2);
    assertThat(ended.output())
        .contains("mpirun is not found")
        .contains("apt-get install openmpi-bin");
  }

  @Test
  void needsNoOpenMpiForOneProcess() throws Exception {
    Ended ended =
        await(
            launcher(
                log(),
                Map.of("PATH", "/bin"),
                "launch",
                "--num_processes",
                "1",
                "--cpu",
                PROGRAM,
                "environment"),
            log());

    assertThat(ended.exitCode()).isZero();
    assertThat(ended.output()).contains("\nRANK=0\n").contains("\nWORLD_SIZE=1\n");
  }
}
