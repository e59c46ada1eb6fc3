// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

final class LaunchFlagsTest {

  private record Outcome(int exitCode, String errors) {}

  private static Outcome launch(String... words) {
    StringWriter errors = new StringWriter();
    CommandLine command = LaunchCommand.commandLine().setErr(new PrintWriter(errors));
    int code = command.execute(words);
    return new Outcome(code, errors.toString());
  }

  private static LaunchSettings settings(String... pairs) {
    Map<String, String> flags = new java.util.HashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      flags.put(pairs[i], pairs[i + 1]);
    }
    return LaunchSettings.of(flags, Optional.empty());
  }

  @Test
  void everyFlagOfAccelerateIsKnown() throws IOException {
    List<String> names = Files.readAllLines(Resources.file("flags-of-accelerate-1.15.txt"));

    assertThat(names).hasSizeGreaterThan(100).allMatch(LaunchFlags.ALL::containsKey);
  }

  @Test
  void everyRefusedFlagSaysWhyInPlaceOfStarting() {
    List<LaunchFlag> refused =
        LaunchFlags.ALL.values().stream().filter(flag -> flag.refusal().isPresent()).toList();

    assertThat(refused).hasSizeGreaterThan(60);
    for (LaunchFlag flag : refused) {
      boolean bare = flag.form() == LaunchFlag.Form.SWITCH;
      Outcome outcome =
          bare
              ? launch("--cpu", "--" + flag.name(), "Main")
              : launch("--cpu", "--" + flag.name(), "something", "Main");

      assertThat(outcome.exitCode()).as(flag.name()).isEqualTo(2);
      assertThat(outcome.errors()).contains("--" + flag.name()).contains(flag.refusal().get());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"--num_processes", "--num-processes"})
  void takesUnderscoresAndDashes(String name) {
    assertThat(launch("--cpu", name, "none", "Main").errors())
        .contains("--num_processes is none: expected a whole number from 1");
  }

  @ParameterizedTest
  @CsvSource({
    "num_processes, 0, a whole number from 1",
    "main_process_port, 99999, 'a port, from 0 to 65535'",
    "mixed_precision, fp8, 'no, bf16, fp16'",
    "zero_stage, 4, '0, 1, 2, 3'",
    "fsdp_state_dict_type, HALF, full_state_dict",
    "gradient_clipping, -1, a number above 0",
    "fsdp_offload_params, perhaps, true or false"
  })
  void namesABadValueAndWhatWasExpected(String flag, String value, String expected) {
    assertThatThrownBy(() -> settings(flag, value))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("--" + flag + " is " + value)
        .hasMessageContaining(expected);
  }

  @Test
  void namesTheNearestFlagOfOneThatIsUnknownAndNotTheWholeHelp() {
    StringWriter errors = new StringWriter();
    int code =
        Launcher.commandLine()
            .setErr(new PrintWriter(errors))
            .execute("launch", "--num_proceses", "2", "Main");

    assertThat(code).isEqualTo(2);
    assertThat(errors.toString().lines())
        .hasSizeLessThan(4)
        .anyMatch(line -> line.contains("Unknown option: '--num_proceses'"))
        .anyMatch(line -> line.contains("--num_processes"));
  }

  @Test
  void namesAFileOfDeepSpeedThatIsNotThereBeforeAnythingIsStarted() {
    LaunchSettings settings =
        settings("use_deepspeed", "true", "deepspeed_config_file", "no/ds_config.json");

    assertThatThrownBy(() -> JobPlan.of(settings, Map.of()))
        .hasMessageContaining("deepspeed_config_file is no/ds_config.json, which is no file");
  }

  @Test
  void groupsOfOneAskForNothing() {
    assertThat(settings("parallelism_config_tp_size", "1").values()).isNotEmpty();
    assertThatThrownBy(() -> settings("parallelism_config_tp_size", "2"))
        .hasMessageContaining("--parallelism_config_tp_size is 2: not offered");
  }

  @Test
  void tellsAllMistakesAtOnce() {
    assertThatThrownBy(() -> settings("num_processes", "x", "zero_stage", "9"))
        .hasMessageContaining("--num_processes")
        .hasMessageContaining("--zero_stage");
  }

  @Test
  void refusesTwoWaysToDistribute() {
    assertThat(launch("--use_fsdp", "--use_deepspeed", "Main").errors())
        .contains("--use_deepspeed and --use_fsdp are given together");
  }

  @Test
  void leavesWhatStandsBehindTheClassToTheClass() {
    Outcome outcome = launch("--cpu", "no.such.Main", "--num_processes", "none", "--tpu");

    assertThat(outcome.errors())
        .contains("the class no.such.Main is not found")
        .doesNotContain("tpu");
  }

  @ParameterizedTest
  @ValueSource(strings = {"train.py", "Main.java", "app.jar"})
  void saysThatAClassIsWantedWhereAFileIsNamed(String file) {
    assertThat(launch("--cpu", file).errors()).contains("not a file");
  }

  @Test
  void asksForAClassWhereNoneIsNamed() {
    assertThat(launch("--cpu").errors())
        .contains("no class is named that each process shall run: launch [flags] com.example.Main");
  }

  @Test
  void refusesAClassWithoutAMainMethod() {
    assertThat(launch("--cpu", "java.lang.String").errors())
        .contains("java.lang.String has no public static void main(String[])");
  }

  @Test
  void helpHasALineForEachFlagUnderWhatItIsAbout() {
    String help = LaunchCommand.commandLine().setUsageHelpWidth(120).getUsageMessage();
    List<String> lines = help.lines().toList();

    assertThat(lines.get(0)).isEqualTo("Usage: launch [FLAGS] MainClass [ARGS]...");
    assertThat(lines).hasSizeLessThan(70);
    assertThat(lines.indexOf("FSDP:")).isLessThan(line(lines, "--fsdp_version="));
    assertThat(line(lines, "--zero_stage="))
        .isBetween(lines.indexOf("DeepSpeed:"), lines.indexOf("FSDP:"));
    LaunchFlags.ALL.values().stream()
        .filter(flag -> flag.refusal().isEmpty())
        .forEach(flag -> assertThat(line(lines, "--" + flag.name())).isPositive());
  }

  private static int line(List<String> lines, String start) {
    return IntStream.range(0, lines.size())
        .filter(i -> lines.get(i).strip().startsWith(start))
        .findFirst()
        .orElse(-1);
  }

  @Test
  void givesWorkersTheVariablesOfAccelerate() {
    LaunchSettings settings =
        settings(
            "use_fsdp", "true",
            "mixed_precision", "bf16",
            "fsdp_auto_wrap_policy", "TRANSFORMER_BASED_WRAP",
            "fsdp_transformer_layer_cls_to_wrap", "BertLayer",
            "fsdp_sharding_strategy", "1",
            "fsdp_state_dict_type", "full_state_dict",
            "gradient_accumulation_steps", "4");

    assertThat(WorkerEnvironment.of(settings, 3))
        .containsEntry("ACCELERATE_USE_FSDP", "true")
        .containsEntry("ACCELERATE_MIXED_PRECISION", "bf16")
        .containsEntry("ACCELERATE_GRADIENT_ACCUMULATION_STEPS", "4")
        .containsEntry("FSDP_VERSION", "1")
        .containsEntry("FSDP_SHARDING_STRATEGY", "1")
        .containsEntry("FSDP_AUTO_WRAP_POLICY", "TRANSFORMER_BASED_WRAP")
        .containsEntry("FSDP_TRANSFORMER_CLS_TO_WRAP", "BertLayer")
        .containsEntry("FSDP_STATE_DICT_TYPE", "FULL_STATE_DICT")
        .containsEntry("OMP_NUM_THREADS", "3")
        .doesNotContainKey("ACCELERATE_USE_DEEPSPEED");
  }

  @Test
  void namesTheHostfileThatIsNotThere() {
    LaunchSettings settings =
        settings(
            "num_processes",
            "4",
            "num_machines",
            "2",
            "mpirun_hostfile",
            "/no/hosts",
            "cpu",
            "true");
    JobPlan plan = JobPlan.of(settings, System.getenv());

    assertThatThrownBy(
            () -> JobCommand.of(plan, settings, List.of(), List.of(), System.getenv(), List.of()))
        .hasMessageContaining("mpirun_hostfile /no/hosts is no file");
  }

  @Test
  void asksSlurmForTheProcessesInAnAllocationOfIts() throws IOException {
    LaunchSettings settings = settings("num_processes", "4", "cpu", "true");
    JobPlan plan = JobPlan.of(settings, Map.of("SLURM_JOB_ID", "7", "SLURM_NNODES", "2"));

    assertThat(plan.starter()).isEqualTo(JobPlan.Starter.SRUN);
    assertThat(plan.machines()).isEqualTo(2);
    assertThatThrownBy(
            () ->
                JobCommand.of(
                    plan, settings, List.of(), List.of(), Map.of("PATH", "/none"), List.of()))
        .hasMessageContaining("srun is not found");
  }

  @Test
  void givesEachProcessOfAMachineAGpuOrSaysThatThereAreTooFew() {
    Map<String, String> twoGpus = Map.of("CUDA_VISIBLE_DEVICES", "3,5");

    assertThat(JobPlan.of(settings("num_processes", "2"), twoGpus).gpus())
        .containsExactly("3", "5");
    assertThat(JobPlan.of(settings("num_processes", "2", "gpu_ids", "1,0"), twoGpus).gpus())
        .containsExactly("1", "0");
    assertThat(JobPlan.of(settings("num_processes", "2", "cpu", "true"), twoGpus).gpus()).isEmpty();
    assertThatThrownBy(() -> JobPlan.of(settings("num_processes", "3"), twoGpus))
        .hasMessageContaining("each machine has 3 processes, but this one has 2 GPUs (3,5)");
  }

  @Test
  void theKubernetesManifestIsYamlAndItsFlagsAreOurs() throws IOException {
    var manifest =
        new com.fasterxml.jackson.dataformat.yaml.YAMLMapper()
            .enable(com.fasterxml.jackson.core.JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .readTree(java.nio.file.Path.of("../docs/kubernetes.yaml").toFile());
    List<String> words = new java.util.ArrayList<>();
    manifest
        .at("/spec/mpiReplicaSpecs/Launcher/template/spec/containers/0/command")
        .forEach(word -> words.add(word.asText()));
    List<String> flags = words.stream().filter(word -> word.startsWith("--")).toList();

    assertThat(manifest.at("/kind").asText()).isEqualTo("MPIJob");
    assertThat(words).contains(Launcher.class.getName(), "launch");
    assertThat(flags).hasSizeGreaterThan(3);
    for (String flag : flags) {
      String[] parts = flag.substring(2).split("=", 2);
      assertThat(LaunchFlags.ALL.get(parts[0]).problem(parts[1])).as(flag).isEmpty();
    }
  }

  @Test
  void dividesThreadsAmongTheProcessesOfAMachine() {
    int processors = Runtime.getRuntime().availableProcessors();

    assertThat(JobPlan.of(settings("num_processes", "2", "cpu", "true"), Map.of()).threads())
        .isEqualTo(Math.max(1, processors / 2));
    assertThat(
            JobPlan.of(
                    settings(
                        "num_processes", "64", "cpu", "true", "num_cpu_threads_per_process", "3"),
                    Map.of())
                .threads())
        .isEqualTo(3);
    assertThat(
            JobPlan.of(
                    settings("num_processes", "2", "cpu", "true"), Map.of("OMP_NUM_THREADS", "7"))
                .threads())
        .isEqualTo(7);
  }
}
