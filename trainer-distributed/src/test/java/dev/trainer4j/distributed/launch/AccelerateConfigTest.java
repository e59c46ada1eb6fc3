// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class AccelerateConfigTest {

  @TempDir private Path folder;

  private static LaunchSettings settings(String file, String... flags) {
    Map<String, String> given = new java.util.HashMap<>();
    for (int i = 0; i < flags.length; i += 2) {
      given.put(flags[i], flags[i + 1]);
    }
    return LaunchSettings.of(
        given, Optional.of(AccelerateConfig.read(Resources.file("configs/" + file))));
  }

  private AccelerateConfig read(String text) throws Exception {
    Path file = folder.resolve("config.yaml");
    Files.writeString(file, text);
    return AccelerateConfig.read(file);
  }

  @Test
  void readsWhatAccelerateWritesForFsdp() {
    LaunchSettings settings = settings("fsdp2.yaml");

    assertThat(settings.is("use_fsdp")).isTrue();
    assertThat(settings.whole("num_processes", 0)).isEqualTo(2);
    assertThat(WorkerEnvironment.of(settings, 1))
        .containsEntry("ACCELERATE_MIXED_PRECISION", "bf16")
        .containsEntry("FSDP_VERSION", "2")
        .containsEntry("FSDP_RESHARD_AFTER_FORWARD", "true")
        .containsEntry("FSDP_STATE_DICT_TYPE", "SHARDED_STATE_DICT");
  }

  @Test
  void readsTheFirstVersionOfFsdp() {
    assertThat(WorkerEnvironment.of(settings("fsdp1.yaml"), 1))
        .containsEntry("FSDP_VERSION", "1")
        .containsEntry("FSDP_RESHARD_AFTER_FORWARD", "SHARD_GRAD_OP")
        .containsEntry("FSDP_TRANSFORMER_CLS_TO_WRAP", "BertLayer")
        .containsEntry("FSDP_OFFLOAD_PARAMS", "true");
  }

  @ParameterizedTest
  @ValueSource(strings = {"deepspeed.yaml", "deepspeed.json"})
  void readsDeepSpeedFromYamlAndJson(String file) {
    assertThat(WorkerEnvironment.of(settings(file), 1))
        .containsEntry("ACCELERATE_USE_DEEPSPEED", "true")
        .containsEntry("ACCELERATE_DEEPSPEED_ZERO_STAGE", "2")
        .containsEntry("ACCELERATE_DEEPSPEED_OFFLOAD_OPTIMIZER_DEVICE", "cpu")
        .containsEntry("ACCELERATE_GRADIENT_ACCUMULATION_STEPS", "2")
        .containsEntry("ACCELERATE_GRADIENT_CLIPPING", "0.5");
  }

  @Test
  void readsTheBasicConfigurationOfAMachineWithoutGpus() {
    LaunchSettings settings = settings("basic.json");

    assertThat(JobPlan.of(settings, Map.of()).starter()).isEqualTo(JobPlan.Starter.SELF);
    assertThat(WorkerEnvironment.of(settings, 1))
        .containsEntry("ACCELERATE_USE_CPU", "true")
        .containsEntry("ACCELERATE_MIXED_PRECISION", "bf16");
  }

  @Test
  void takesSeveralCpusForWhatTheyAre() {
    JobPlan plan = JobPlan.of(settings("multi_cpu.yaml"), Map.of("CUDA_VISIBLE_DEVICES", "0"));

    assertThat(plan.processes()).isEqualTo(4);
    assertThat(plan.gpus()).isEmpty();
  }

  @Test
  void flagsWinOverTheFile() {
    LaunchSettings settings = settings("fsdp2.yaml", "num_processes", "3", "use_deepspeed", "true");

    assertThat(settings.whole("num_processes", 0)).isEqualTo(3);
    assertThat(settings.is("use_fsdp")).isFalse();
    assertThat(settings.is("use_deepspeed")).isTrue();
  }

  @Test
  void runsTheExampleOfTwoMachinesAsItStandsWhereTheHardwareIsThere() {
    LaunchSettings settings = settings("two-machines.yaml");
    JobPlan plan = JobPlan.of(settings, Map.of("CUDA_VISIBLE_DEVICES", "0,1,2,3"));

    assertThat(plan.processes()).isEqualTo(8);
    assertThat(plan.processesPerMachine()).isEqualTo(4);
    assertThat(plan.gpus()).containsExactly("0", "1", "2", "3");
    assertThat(plan.mainPort()).isEqualTo(9898);
    assertThat(WorkerEnvironment.of(settings, 1))
        .containsEntry("ACCELERATE_MIXED_PRECISION", "fp16");
  }

  @Test
  void saysWhichHardwareIsMissingForTheExampleOfTwoMachines() {
    LaunchSettings settings = settings("two-machines.yaml");

    assertThatThrownBy(() -> JobPlan.of(settings, Map.of("CUDA_VISIBLE_DEVICES", "")))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("two-machines.yaml")
        .hasMessageContaining("GPUs are asked for")
        .hasMessageContaining("4 on each machine");
  }

  @Test
  void refusesMegatronByName() {
    assertThatThrownBy(() -> settings("megatron.yaml"))
        .hasMessageContaining("distributed_type is MEGATRON_LM")
        .hasMessageContaining("megatron_lm_tp_degree is 2, not offered");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "distributed_type: NO\\nnum_proceses: 2 | the key num_proceses is unknown",
        "distributed_type: FSDP\\n"
            + "fsdp_config: {fsdp_speed: 2} | the key fsdp_speed of fsdp_config is unknown",
        "num_processes: 2 | distributed_type is missing",
        "distributed_type: XLA | distributed_type is XLA, which is not offered",
        "compute_environment: AMAZON_SAGEMAKER\\n"
            + "distributed_type: NO | compute_environment is AMAZON_SAGEMAKER",
        "distributed_type: NO\\nmixed_precision: fp8 | mixed_precision is fp8, expected one of",
        "distributed_type: NO\\n"
            + "num_processes: many | num_processes is many, expected a whole number from 1",
        "distributed_type: NO\\ntpu_env: [a] | tpu_env is [a], not offered",
        "distributed_type: NO\\ndistributed_type: FSDP | Duplicate",
        "- a\\n- b | is no mapping in YAML",
        "distributed_type: [ | is no mapping in YAML"
      })
  void namesWhatIsWrongInAFile(String text, String expected) {
    assertThatThrownBy(() -> read(text.replace("\\n", "\n")))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("config.yaml")
        .hasMessageContaining(expected);
  }

  @Test
  void doesNotCallUnquotedNoAMistake() throws Exception {
    AccelerateConfig config = read("distributed_type: no\nmixed_precision: no\nfp8_config: {}\n");

    assertThat(config.type()).isEqualTo(DistributedType.NO);
  }

  @Test
  void survivesAFileThatGrowsWhenItIsRead() throws Exception {
    StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 60; i++) {
      String before = "*a" + (i - 1);
      bomb.append(
          "a%d: &a%d [%s]\n"
              .formatted(i, i, String.join(", ", java.util.Collections.nCopies(9, before))));
    }

    assertThatThrownBy(() -> read(bomb.toString())).isInstanceOf(LaunchException.class);
  }

  @Test
  void looksWhereAccelerateKeepsItsOwn() {
    assertThat(ConfigFile.defaultPlace(Map.of("HF_HOME", "/data/hf")))
        .isEqualTo(Path.of("/data/hf/accelerate/default_config.yaml"));
    assertThat(ConfigFile.defaultPlace(Map.of("XDG_CACHE_HOME", "/cache")))
        .isEqualTo(Path.of("/cache/huggingface/accelerate/default_config.yaml"));
    assertThat(ConfigFile.defaultPlace(Map.of()))
        .isEqualTo(
            Path.of(
                System.getProperty("user.home"),
                ".cache/huggingface/accelerate/default_config.yaml"));
  }
}
