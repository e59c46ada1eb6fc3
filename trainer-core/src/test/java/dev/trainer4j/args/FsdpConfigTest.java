// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.trainer4j.args.ShardingPlan.Stage;
import dev.trainer4j.args.ShardingPlan.StateDictType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

class FsdpConfigTest {
  private static final String WITHOUT_EFFECT = " no effect here";

  private final Logger logger = (Logger) LoggerFactory.getLogger(ConfigReading.class);
  private final ListAppender<ILoggingEvent> warnings = new ListAppender<>();

  @BeforeEach
  void listen() {
    warnings.start();
    logger.addAppender(warnings);
    logger.setAdditive(false);
  }

  @AfterEach
  void stopListening() {
    logger.detachAppender(warnings);
    logger.setAdditive(true);
  }

  private List<String> warned() {
    return warnings.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  private static TrainingArguments json(String json) {
    return TrainingArguments.parseJson(json);
  }

  @Test
  void nothingIsSharedOutByDefault() {
    TrainingArguments args = TrainingArguments.builder().build();

    assertThat(args.sharding()).isEqualTo(ShardingPlan.NONE);
    assertThat(args.sharding().bucketBytes()).isEqualTo(25 * 1024 * 1024);
  }

  @Test
  void theFileThatVersion4WroteOfARunWithoutFsdpIsRead() {
    TrainingArguments args =
        json(
            """
            {"fsdp": [], "fsdp_min_num_params": 0, "fsdp_transformer_layer_cls_to_wrap": null, "deepspeed": null,
             "fsdp_config": {"min_num_params": 0, "xla": false, "xla_fsdp_v2": false, "xla_fsdp_grad_ckpt": false}}
            """);

    assertThat(args).isEqualTo(TrainingArguments.builder().build());
  }

  @Test
  void trueIsFullShard() {
    TrainingArguments args = TrainingArguments.builder().fsdp(true).build();

    assertThat(args.sharding().stage()).isEqualTo(Stage.PARAMETERS);
    assertThat(args.sharding().hybrid()).isFalse();
    assertThat(args.sharding().stateDictType()).isEqualTo(StateDictType.FULL_STATE_DICT);
    assertThat(args).isEqualTo(json("{\"fsdp\": true}"));
    assertThat(args).isEqualTo(TrainingArguments.fromCommandLine("--fsdp"));
    assertThat(warned()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "full_shard auto_wrap,          PARAMETERS, false, false",
    "full_shard offload auto_wrap,  PARAMETERS, false, true",
    "shard_grad_op,                 GRADIENTS,  false, false",
    "shard_grad_op auto_wrap offload, GRADIENTS, false, true",
    "no_shard,                      NONE,       false, false",
    "hybrid_shard auto_wrap,        PARAMETERS, true,  false",
    "hybrid_shard_zero2,            GRADIENTS,  true,  false",
  })
  void wordsOfFsdp1MeanStagesAndAreReadWithAWarning(
      String words, Stage stage, boolean hybrid, boolean offload) {
    TrainingArguments args = TrainingArguments.fromMap(Map.of("fsdp", words));

    assertThat(args.sharding().stage()).isEqualTo(stage);
    assertThat(args.sharding().hybrid()).isEqualTo(hybrid);
    assertThat(args.sharding().offloadOptimizer()).isEqualTo(offload);
    assertThat(args.sharding().offloadParameters()).isEqualTo(offload && stage == Stage.PARAMETERS);
    assertThat(warned()).singleElement().asString().contains("fsdp = " + words, "Use fsdp true");
    assertThat(TrainingArguments.fromMap(Map.of("fsdp", List.of(words.split(" ")))))
        .isEqualTo(args);
    assertThat(TrainingArguments.fromCommandLine("--fsdp", words)).isEqualTo(args);
  }

  @Test
  void theKeysOfFsdp2AreRead() {
    ShardingPlan plan =
        json("""
        {"fsdp": true, "fsdp_config": {"version": 2, "reshard_after_forward": false, "cpu_offload": true,
         "cpu_ram_efficient_loading": true, "state_dict_type": "SHARDED_STATE_DICT",
         "auto_wrap_policy": "TRANSFORMER_BASED_WRAP", "transformer_layer_cls_to_wrap": ["LlamaDecoderLayer"]}}
        """)
            .sharding();

    assertThat(plan)
        .isEqualTo(
            new ShardingPlan(
                Stage.GRADIENTS,
                false,
                true,
                false,
                StateDictType.SHARDED_STATE_DICT,
                25 << 20,
                true));
    assertThat(warned())
        .singleElement()
        .asString()
        .contains("cpu_ram_efficient_loading has no effect here: ranks keep parameters whole");
  }

  @Test
  void theLaunchersFlagForLoadingInSharesIsSaidToHaveNoEffect() {
    TrainingArguments args =
        new LaunchEnvironment(
                Map.of(
                    "ACCELERATE_USE_DEEPSPEED", "true",
                    "ACCELERATE_DEEPSPEED_ZERO_STAGE", "3",
                    "ACCELERATE_DEEPSPEED_ZERO3_INIT", "true"))
            .applyTo(TrainingArguments.builder().build());
    assertThat(args.sharding().stage()).isEqualTo(Stage.PARAMETERS);
    assertThat(warned())
        .singleElement()
        .asString()
        .contains("zero3_init_flag has no effect here: LoadOptions.withDeferredWeights");
  }

  @Test
  void accelerateWritesKeysOfFsdp1WithAPrefix() {
    TrainingArguments args =
        json(
            """
            {"fsdp": true, "fsdp_config": {"fsdp_auto_wrap_policy": "TRANSFORMER_BASED_WRAP",
             "fsdp_backward_prefetch": "BACKWARD_PRE", "fsdp_cpu_ram_efficient_loading": "true",
             "fsdp_forward_prefetch": false, "fsdp_offload_params": true, "fsdp_sharding_strategy": 1,
             "fsdp_state_dict_type": "SHARDED_STATE_DICT", "fsdp_sync_module_states": true,
             "fsdp_transformer_layer_cls_to_wrap": "BertLayer,BertEmbeddings", "fsdp_use_orig_params": true}}
            """);

    assertThat(args.sharding())
        .isEqualTo(
            new ShardingPlan(
                Stage.PARAMETERS,
                false,
                true,
                true,
                StateDictType.SHARDED_STATE_DICT,
                25 << 20,
                true));
    assertThat(warned()).hasSize(3);
    assertThat(warned())
        .anyMatch(text -> text.contains("offload_params") && text.contains("Use cpu_offload"));
    assertThat(warned())
        .anyMatch(
            text ->
                text.contains("backward_prefetch, forward_prefetch, use_orig_params have")
                    && text.contains(WITHOUT_EFFECT));
    assertThat(warned()).anyMatch(text -> text.contains("FSDP 1"));
    assertThat(args.fsdpConfig())
        .isEqualTo(
            Map.of(
                "cpu_ram_efficient_loading",
                true,
                "state_dict_type",
                "SHARDED_STATE_DICT",
                "transformer_layer_cls_to_wrap",
                List.of("BertLayer", "BertEmbeddings"),
                "cpu_offload",
                true));
  }

  @Test
  void whatWasReadIsWrittenInOneSpellingAndReadBackWithoutAWarning() {
    TrainingArguments args =
        json(
            """
            {"fsdp": "hybrid_shard offload", "fsdp_config": {"version": 1, "backward_prefetch": "backward_pre",
             "limit_all_gathers": true}}
            """);
    warnings.list.clear();

    assertThat(json(args.toJson())).isEqualTo(args);
    assertThat(TrainingArguments.parseYaml(args.toYaml())).isEqualTo(args);
    assertThat(TrainingArguments.fromMap(args.toMap())).isEqualTo(args);
    assertThat(args.toBuilder().build()).isEqualTo(args);
    assertThat(args.toMap())
        .containsEntry("fsdp", true)
        .containsEntry(
            "fsdp_config", Map.of("reshard_after_forward", "hybrid_shard", "cpu_offload", true));
    assertThat(warned()).isEmpty();
  }

  @Test
  void aPathOrJsonStandsForTheObject(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("fsdp.json");
    Files.writeString(file, "{\"reshard_after_forward\": false}");
    TrainingArguments expected =
        TrainingArguments.builder()
            .fsdp(true)
            .fsdpConfig(Map.of("reshard_after_forward", false))
            .build();

    assertThat(TrainingArguments.builder().fsdp(true).fsdpConfig(file).build()).isEqualTo(expected);
    assertThat(TrainingArguments.fromCommandLine("--fsdp", "--fsdp_config", file.toString()))
        .isEqualTo(expected);
    assertThat(
            TrainingArguments.fromCommandLine(
                "--fsdp=true", "--fsdp_config", "{\"reshard_after_forward\": false}"))
        .isEqualTo(expected);
  }

  @Test
  void activationCheckpointingBecomesGradientCheckpointing() {
    TrainingArguments args =
        json("{\"fsdp\": true, \"fsdp_config\": {\"activation_checkpointing\": true}}");

    assertThat(args.gradientCheckpointing()).isTrue();
    assertThat(args.fsdpConfig()).isEmpty();
    assertThat(json(args.toJson())).isEqualTo(args);
    assertThatThrownBy(
            () ->
                json(
                    "{\"fsdp\": true, \"gradient_checkpointing\": true,"
                        + " \"fsdp_config\": {\"activation_checkpointing\": true}}"))
        .hasMessageContaining("gradient_checkpointing = true: expected false");
  }

  @Test
  void theBucketOfDdpIsTheBucketOfShares() {
    assertThat(TrainingArguments.builder().ddpBucketCapMb(4).build().sharding().bucketBytes())
        .isEqualTo(4 << 20);
    assertThat(
            TrainingArguments.builder()
                .ddpBucketCapMb(4)
                .fsdp(true)
                .build()
                .sharding()
                .bucketBytes())
        .isEqualTo(4 << 20);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'reshard_after_foward': true} | Did you mean 'reshard_after_forward'?",
        "{'fsdp_reshard_after_foward': true} | Did you mean 'reshard_after_forward'?",
        "{'auto_wrap_policy': 'SIZE_BASED_WRAP'} | fsdp_config.auto_wrap_policy = SIZE_BASED_WRAP:"
            + " expected TRANSFORMER_BASED_WRAP, since a model's own segments",
        "{'min_num_params': 100000000} | fsdp_config.min_num_params = 100000000: expected 0",
        "{'state_dict_type': 'full'} | expected one of FULL_STATE_DICT, SHARDED_STATE_DICT,"
            + " LOCAL_STATE_DICT",
        "{'sharding_strategy': 6} | fsdp_config.sharding_strategy = 6: expected one of full_shard",
        "{'version': 3} | fsdp_config.version = 3: expected 1 or 2",
        "{'xla': true} | fsdp_config.xla = true: expected false, since there is no XLA",
        "{'xla_fsdp_settings': {}} | fsdp_config.xla_fsdp_settings = {}: expected not to be set",
        "{'mixed_precision_policy': 'bf16'} | bf16 and fp16 say it",
        "{'sync_module_states': false} | fsdp_config.sync_module_states = false: expected true",
        "{'transformer_layer_cls_to_wrap': ['Bert Layer']} | names of Python classes",
        "{'cpu_offload': 'maybe'} | fsdp_config.cpu_offload = maybe: expected true or false",
        "{'sharding_strategy': 2, 'reshard_after_forward': true} | expected what"
            + " 'reshard_after_forward' says",
        "{'cpu_offload': true, 'offload_params': true} | one name for one thing; 'cpu_offload' is"
            + " given too",
        "{'reshard_after_forward': 'no_shard', 'cpu_offload': true} | nothing to bring to the CPU",
        "{'backward_prefetch': 'SIDEWAYS'} | fsdp_config.backward_prefetch = SIDEWAYS: expected one"
            + " of",
      })
  void whatCannotBeHadIsRefusedByName(String config, String message) {
    String json = "{\"fsdp\": true, \"fsdp_config\": " + config.replace('\'', '"') + "}";

    assertThatThrownBy(() -> json(json))
        .isInstanceOf(InvalidArgumentsException.class)
        .hasMessageContaining("1 mistake in the JSON")
        .hasMessageContaining(message);
  }

  @Test
  void allMistakesAreReportedAtOnce() {
    assertThatThrownBy(
            () ->
                json(
                    "{\"fsdp\": true, \"learning_rate\": -1, \"fsdp_config\": {\"xla\": true,"
                        + " \"versoin\": 2, \"min_num_params\": 5}}"))
        .hasMessageContaining("4 mistakes");
  }

  @Test
  void aConfigurationWithoutFsdpIsRefused() {
    assertThatThrownBy(() -> json("{\"fsdp_config\": {\"cpu_offload\": true}}"))
        .hasMessageContaining(
            "fsdp_config = {…}: expected fsdp true, since nothing reads it without");
  }

  @Test
  void unknownOrContradictoryWordsAreRefused() {
    assertThatThrownBy(() -> json("{\"fsdp\": \"full_shard auto_warp\"}"))
        .hasMessageContaining("expected true, false, or words out of full_shard");
    assertThatThrownBy(() -> json("{\"fsdp\": \"full_shard shard_grad_op\"}"))
        .hasMessageContaining("one sharding strategy, not several");
    assertThatThrownBy(() -> TrainingArguments.builder().fsdp(List.of("zero3")).build())
        .hasMessageContaining("fsdp");
  }

  @Test
  void sizesOfAParallelismConfigurationMakeSharesHybrid() {
    TrainingArguments args =
        json(
            """
            {"fsdp": true, "parallelism_config": {"parallelism_config_dp_replicate_size": 2,
             "parallelism_config_dp_shard_size": 4, "parallelism_config_tp_size": 1}}
            """);

    assertThat(args.sharding().hybrid()).isTrue();
    assertThat(json(args.toJson())).isEqualTo(args);
    args.requireRun(8, 2, 10);
    assertThatThrownBy(() -> args.requireRun(4, 2, 10))
        .hasMessageContaining(
            "parallelism_config = dp_replicate_size 2 x dp_shard_size 4: expected sizes whose"
                + " product is the number of ranks, 4. Launch 8 ranks, or change the sizes.");
    assertThatThrownBy(() -> args.requireRun(8, 4, 10))
        .hasMessageContaining("a 'dp_replicate_size' of 4, the number of machines");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'parallelism_config': {'tp_size': 2} | parallelism_config.tp_size = 2: expected 1, since"
            + " tensors are not split",
        "'parallelism_config': {'cp_size': 2} | sequences are not split over ranks",
        "'parallelism_config': {'sp_size': 4} | sequences are not split over ranks",
        "'parallelism_config': {'dp_shard_size': 4} | expected fsdp true",
        "'fsdp': true, 'parallelism_config': {'dp_replicate_size': 4} | a 'dp_shard_size' above 1",
        "'parallelism_config': {'dp_shard': 4} | Did you mean 'dp_shard_size'?",
        "'deepspeed': {'zero_optimization': {'stage': 1}}, 'parallelism_config':"
            + " {'dp_replicate_size': 2} | no deepspeed beside it",
      })
  void otherParallelismIsRefusedByName(String config, String message) {
    assertThatThrownBy(() -> json("{" + config.replace('\'', '"') + "}"))
        .hasMessageContaining("1 mistake in the JSON")
        .hasMessageContaining(message);
  }
}
