// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class LaunchEnvironmentTest {

  private static TrainingArguments applied(TrainingArguments args, String... pairs) {
    return new LaunchEnvironment(variables(pairs)).applyTo(args);
  }

  private static Map<String, String> variables(String... pairs) {
    Map<String, String> variables = new java.util.HashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      variables.put(pairs[i], pairs[i + 1]);
    }
    return variables;
  }

  private static TrainingArguments.Builder args() {
    return TrainingArguments.builder();
  }

  @Test
  void leavesArgumentsAloneWithoutALauncher() {
    TrainingArguments given = args().learningRate(1e-3).build();

    assertThat(applied(given, "PATH", "/bin", "RANK", "1")).isSameAs(given);
  }

  @ParameterizedTest
  @CsvSource({
    "bf16, false, false, true, false",
    "fp16, false, false, false, true",
    "no, false, false, false, false",
    "no, true, false, true, false",
    // What the program says goes before, as with Hugging Face's Trainer.
    "bf16, false, true, false, true",
    "fp16, true, false, true, false"
  })
  void takesThePrecisionWhereTheProgramNamesNone(
      String told, boolean bf16, boolean fp16, boolean thenBf16, boolean thenFp16) {
    TrainingArguments result =
        applied(args().bf16(bf16).fp16(fp16).build(), "ACCELERATE_MIXED_PRECISION", told);

    assertThat(result.bf16()).isEqualTo(thenBf16);
    assertThat(result.fp16()).isEqualTo(thenFp16);
  }

  @Test
  void takesAccumulationClippingAndDevice() {
    TrainingArguments result =
        applied(
            args().build(),
            "ACCELERATE_GRADIENT_ACCUMULATION_STEPS",
            "4",
            "ACCELERATE_GRADIENT_CLIPPING",
            "0.5",
            "ACCELERATE_USE_CPU",
            "true");

    assertThat(result.gradientAccumulationSteps()).isEqualTo(4);
    assertThat(result.maxGradNorm()).isEqualTo(0.5);
    assertThat(result.useCpu()).isTrue();
  }

  @Test
  void refusesAnAccumulationThatTheProgramContradicts() {
    assertThatThrownBy(
            () ->
                applied(
                    args().gradientAccumulationSteps(8).build(),
                    "ACCELERATE_GRADIENT_ACCUMULATION_STEPS",
                    "4"))
        .hasMessageContaining("gradient_accumulation_steps 4")
        .hasMessageContaining("the training arguments say 8");
  }

  @Test
  void appliedTwiceChangesNothingMore() {
    TrainingArguments once = applied(args().build(), "ACCELERATE_GRADIENT_ACCUMULATION_STEPS", "4");

    assertThat(applied(once, "ACCELERATE_GRADIENT_ACCUMULATION_STEPS", "4")).isSameAs(once);
  }

  @Test
  void handsFsdpOverAsAcceleratesWorkersGetIt() {
    TrainingArguments result =
        applied(
            args().build(),
            "ACCELERATE_USE_FSDP",
            "true",
            "FSDP_VERSION",
            "1",
            "FSDP_SHARDING_STRATEGY",
            "SHARD_GRAD_OP",
            "FSDP_AUTO_WRAP_POLICY",
            "TRANSFORMER_BASED_WRAP",
            "FSDP_TRANSFORMER_CLS_TO_WRAP",
            "BertLayer",
            "FSDP_OFFLOAD_PARAMS",
            "true",
            "FSDP_STATE_DICT_TYPE",
            "SHARDED_STATE_DICT");
    ShardingPlan plan = result.sharding();

    assertThat(plan.stage()).isEqualTo(ShardingPlan.Stage.GRADIENTS);
    assertThat(plan.offloadOptimizer()).isTrue();
    assertThat(plan.stateDictType()).isEqualTo(ShardingPlan.StateDictType.SHARDED_STATE_DICT);
  }

  @Test
  void handsFsdpOverInOneOrderSinceRanksCompareTheirArguments() {
    TrainingArguments result =
        applied(
            args().build(),
            "ACCELERATE_USE_FSDP",
            "true",
            "FSDP_STATE_DICT_TYPE",
            "SHARDED_STATE_DICT",
            "FSDP_OFFLOAD_PARAMS",
            "false",
            "FSDP_CPU_RAM_EFFICIENT_LOADING",
            "true");

    // Of an immutable map the order differs from process to process.
    assertThat(result.fsdpConfig().keySet())
        .containsSubsequence("cpu_ram_efficient_loading", "state_dict_type");
  }

  @Test
  void handsDeepSpeedsStageOver() {
    TrainingArguments result =
        applied(
            args().build(),
            "ACCELERATE_USE_DEEPSPEED",
            "true",
            "ACCELERATE_DEEPSPEED_ZERO_STAGE",
            "1",
            "ACCELERATE_DEEPSPEED_OFFLOAD_OPTIMIZER_DEVICE",
            "cpu");

    assertThat(result.sharding().stage()).isEqualTo(ShardingPlan.Stage.OPTIMIZER);
    assertThat(result.sharding().offloadOptimizer()).isTrue();
  }

  @Test
  void readsDeepSpeedsFile(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("ds_config.json");
    Files.writeString(
        file, "{\"zero_optimization\": {\"stage\": 3}, \"train_batch_size\": \"auto\"}");

    TrainingArguments result =
        applied(
            args().build(),
            "ACCELERATE_USE_DEEPSPEED",
            "true",
            "ACCELERATE_DEEPSPEED_CONFIG_FILE",
            file.toString());

    assertThat(result.sharding().stage()).isEqualTo(ShardingPlan.Stage.PARAMETERS);
  }

  @Test
  void leavesShardingThatTheProgramAsksFor() {
    TrainingArguments own = args().fsdp(java.util.List.of("shard_grad_op")).build();

    TrainingArguments result =
        applied(own, "ACCELERATE_USE_DEEPSPEED", "true", "ACCELERATE_DEEPSPEED_ZERO_STAGE", "1");

    assertThat(result.sharding()).isEqualTo(own.sharding());
  }

  @ParameterizedTest
  @CsvSource({
    "ACCELERATE_MIXED_PRECISION, fp8, 'no, bf16 or fp16'",
    "ACCELERATE_USE_CPU, maybe, true or false",
    "ACCELERATE_GRADIENT_CLIPPING, much, a number"
  })
  void namesAVariableWhoseValueIsNone(String name, String value, String expected) {
    assertThatThrownBy(() -> applied(args().build(), name, value))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(name)
        .hasMessageContaining(value)
        .hasMessageContaining(expected);
  }

  @Test
  void knowsWhetherItsJobWasStartedAgain() {
    Map<String, String> first =
        variables("TRAINER4J_RESTART_COUNT", "0", "TRAINER4J_JOB_BEGIN", "5000");
    Map<String, String> second =
        variables("TRAINER4J_RESTART_COUNT", "1", "TRAINER4J_JOB_BEGIN", "5000");

    assertThat(new LaunchEnvironment(first).restartedSince()).isEmpty();
    assertThat(new LaunchEnvironment(second).restartedSince()).contains(Instant.ofEpochSecond(5));
  }
}
