// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.trainer4j.args.ShardingPlan.Stage;
import dev.trainer4j.args.ShardingPlan.StateDictType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

class DeepSpeedConfigTest {
  /** The shape of file that guides show for ZeRO-2. */
  private static final String ZERO2 =
      """
      {
        "fp16": {"enabled": "auto", "loss_scale": 0, "loss_scale_window": 1000, "initial_scale_power": 16,
                 "hysteresis": 2, "min_loss_scale": 1},
        "bf16": {"enabled": "auto"},
        "optimizer": {"type": "AdamW",
                      "params": {"lr": "auto", "betas": "auto", "eps": "auto", "weight_decay": "auto"}},
        "scheduler": {"type": "WarmupDecayLR",
                      "params": {"warmup_min_lr": "auto", "warmup_max_lr": "auto", "warmup_num_steps": "auto",
                                 "total_num_steps": "auto"}},
        "zero_optimization": {"stage": 2, "offload_optimizer": {"device": "cpu", "pin_memory": true},
                              "allgather_partitions": true, "allgather_bucket_size": 2e8, "overlap_comm": true,
                              "reduce_scatter": true, "reduce_bucket_size": 2e8, "contiguous_gradients": true},
        "gradient_accumulation_steps": "auto", "gradient_clipping": "auto", "steps_per_print": 2000,
        "train_batch_size": "auto", "train_micro_batch_size_per_gpu": "auto", "wall_clock_breakdown": false
      }
      """;

  private static final String ZERO3 =
      """
      {
        "bf16": {"enabled": true},
        "zero_optimization": {"stage": 3, "offload_optimizer": {"device": "cpu", "pin_memory": true},
                              "offload_param": {"device": "cpu", "pin_memory": true}, "overlap_comm": true,
                              "contiguous_gradients": true, "sub_group_size": 1e9, "reduce_bucket_size": "auto",
                              "stage3_prefetch_bucket_size": "auto", "stage3_param_persistence_threshold": "auto",
                              "stage3_max_live_parameters": 1e9, "stage3_max_reuse_distance": 1e9,
                              "stage3_gather_16bit_weights_on_model_save": true},
        "gradient_accumulation_steps": "auto", "gradient_clipping": "auto", "steps_per_print": 1e5,
        "train_batch_size": "auto", "train_micro_batch_size_per_gpu": "auto", "wall_clock_breakdown": false,
        "flops_profiler": {"enabled": false, "profile_step": 1}, "comms_logger": null,
        "zero_allow_untested_optimizer": true
      }
      """;

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

  private static TrainingArguments deepspeed(String config, String... others) {
    return TrainingArguments.parseJson(
        "{\"deepspeed\": "
            + config
            + Arrays.stream(others).map(o -> ", " + o).reduce("", String::concat)
            + "}");
  }

  @Test
  void zero2WithAutoSharesGradientsAndKeepsTheOptimizerOnTheCpu() {
    TrainingArguments args = deepspeed(ZERO2);

    assertThat(args.sharding())
        .isEqualTo(
            new ShardingPlan(
                Stage.GRADIENTS,
                false,
                true,
                false,
                StateDictType.FULL_STATE_DICT,
                800_000_000L,
                false));
    args.requireRun(8, 1, 1234);
  }

  @Test
  void whatHasNoEffectIsNamedInOneWarningAndLeftOut() {
    TrainingArguments args = deepspeed(ZERO2);

    assertThat(warnings.list)
        .singleElement()
        .extracting(ILoggingEvent::getFormattedMessage)
        .asString()
        .contains(
            "zero_optimization.overlap_comm",
            "fp16.hysteresis",
            "steps_per_print",
            "no effect here");
    assertThat(args.deepspeed())
        .containsEntry(
            "zero_optimization",
            Map.of(
                "stage",
                2,
                "offload_optimizer",
                Map.of("device", "cpu"),
                "reduce_bucket_size",
                200_000_000L))
        .doesNotContainKey("steps_per_print");
  }

  @Test
  void zero3SharesParametersAndGathersThemForACheckpointIfToldSo() {
    ShardingPlan plan = deepspeed(ZERO3, "\"bf16\": true").sharding();

    assertThat(plan.stage()).isEqualTo(Stage.PARAMETERS);
    assertThat(plan.offloadOptimizer()).isTrue();
    assertThat(plan.offloadParameters()).isTrue();
    assertThat(plan.stateDictType()).isEqualTo(StateDictType.FULL_STATE_DICT);
    assertThat(plan.bucketBytes()).isEqualTo(25 << 20);
    String pieces = ZERO3.replace("on_model_save\": true", "on_model_save\": false");
    assertThat(deepspeed(pieces, "\"bf16\": true").sharding().stateDictType())
        .isEqualTo(StateDictType.SHARDED_STATE_DICT);
  }

  @Test
  void aWarmupWithoutATypeIsWrittenAsTheLinearOneThatItIs() {
    assertThat(deepspeed(ZERO2).deepspeed().get("scheduler").toString())
        .contains("warmup_type=linear");
  }

  @ParameterizedTest
  @CsvSource({"0, NONE", "1, OPTIMIZER", "2, GRADIENTS", "3, PARAMETERS"})
  void stagesAreThoseOfZero(int stage, Stage expected) {
    assertThat(deepspeed("{\"zero_optimization\": {\"stage\": " + stage + "}}").sharding().stage())
        .isEqualTo(expected);
  }

  @Test
  void theArgumentsAreReadBackAsTheyWereWritten() {
    TrainingArguments args = deepspeed(ZERO2);
    warnings.list.clear();

    assertThat(TrainingArguments.parseJson(args.toJson())).isEqualTo(args);
    assertThat(TrainingArguments.parseYaml(args.toYaml())).isEqualTo(args);
    assertThat(args.toBuilder().build()).isEqualTo(args);
    assertThat(warnings.list).isEmpty();
  }

  @Test
  void aPathOrJsonStandsForTheObject(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("ds_config.json"), ZERO2);
    TrainingArguments expected = deepspeed(ZERO2);

    assertThat(TrainingArguments.builder().deepspeed(file).build()).isEqualTo(expected);
    assertThat(TrainingArguments.fromCommandLine("--deepspeed", file.toString()))
        .isEqualTo(expected);
    assertThat(TrainingArguments.fromCommandLine("--deepspeed", ZERO2)).isEqualTo(expected);
    assertThatThrownBy(() -> TrainingArguments.fromCommandLine("--deepspeed", "no/ds_config.json"))
        .hasMessageContaining("deepspeed")
        .hasMessageContaining("'no/ds_config.json' must be a file of arguments; there is none");
    assertThatThrownBy(
            () -> TrainingArguments.builder().deepspeed(folder.resolve("none.json")).build())
        .hasMessageContaining("none.json' must be a file of arguments; there is none");
  }

  /** The lines are those that Hugging Face's HfTrainerDeepSpeedConfig gave for the same file and arguments. */
  @Test
  void everyDifferenceThatHuggingFaceReportsIsReportedAtOnce() {
    String config =
        """
        {
          "fp16": {"enabled": true}, "bf16": {"enabled": true},
          "optimizer": {"type": "AdamW",
                        "params": {"lr": 1e-4, "betas": [0.8, 0.99], "eps": 1e-6, "weight_decay": 0.1}},
          "scheduler": {"type": "WarmupDecayLR",
                        "params": {"warmup_min_lr": 0, "warmup_max_lr": 1e-4, "warmup_num_steps": 7,
                                   "total_num_steps": 99}},
          "zero_optimization": {"stage": 1},
          "gradient_accumulation_steps": 4, "gradient_clipping": 0.5, "train_batch_size": 64,
          "train_micro_batch_size_per_gpu": 4
        }
        """;

    InvalidArgumentsException before =
        catchThrowableOfType(
            InvalidArgumentsException.class,
            () ->
                deepspeed(
                    config,
                    "\"learning_rate\": 3e-5",
                    "\"weight_decay\": 0.01",
                    "\"warmup_steps\": 10"));

    assertThat(before.problems())
        .containsExactly(
            line("train_micro_batch_size_per_gpu", 4, "per_device_train_batch_size 8"),
            line("gradient_accumulation_steps", 4, "gradient_accumulation_steps 1"),
            line("gradient_clipping", 0.5, "max_grad_norm 1"),
            line("optimizer.params.lr", "1e-4", "learning_rate 3e-5"),
            line("optimizer.params.betas", "[0.8, 0.99]", "adam_beta1, adam_beta2 [0.9, 0.999]"),
            line("optimizer.params.eps", "1e-6", "adam_epsilon 1e-8"),
            line("optimizer.params.weight_decay", 0.1, "weight_decay 0.01"),
            line("scheduler.params.warmup_max_lr", "1e-4", "learning_rate 3e-5"),
            line("fp16.enabled", true, "fp16 (or fp16_full_eval) false"),
            line("bf16.enabled", true, "bf16 (or bf16_full_eval) false"));
  }

  @Test
  void sizesThatOnlyARunKnowsAreHeldAgainstTheFileWhenItBegins() {
    TrainingArguments args =
        deepspeed(
            """
            {"train_batch_size": 64, "zero_optimization": {"stage": 1},
             "scheduler": {"type": "WarmupDecayLR", "params": {"warmup_num_steps": 7, "total_num_steps": 99}}}
            """,
            "\"warmup_steps\": 10");

    InvalidArgumentsException differences =
        catchThrowableOfType(InvalidArgumentsException.class, () -> args.requireRun(2, 1, 100));

    assertThat(differences.problems())
        .containsExactly(
            line(
                "train_batch_size",
                64,
                "per_device_train_batch_size x gradient_accumulation_steps x 2 ranks: 16"),
            line("scheduler.params.total_num_steps", 99, "the updates of this run: 100"),
            line("scheduler.params.warmup_num_steps", 7, "warmup_steps of this run: 10"));
  }

  private static String line(String key, Object value, String arguments) {
    return "deepspeed."
        + key
        + " = "
        + value
        + ": expected what the training arguments say, "
        + arguments
        + ". Set it to auto.";
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'zero_optimization': {'stage': 3, 'offload_param': {'device': 'nvme', 'nvme_path':"
            + " '/local'}}} | deepspeed.zero_optimization.offload_param.device = nvme: expected"
            + " none or cpu; nothing is kept on an NVMe disk",
        "{'zero_optimization': {'stage': 4}} | deepspeed.zero_optimization.stage = 4: expected 0,"
            + " 1, 2 or 3",
        "{'zero_optimization': {'stage': 2, 'offload_param': {'device': 'cpu'}}} | expected a"
            + " 'stage' of 3",
        "{'zero_optimization': {'offload_optimizer': {'device': 'cpu'}}} | expected a 'stage' of 1,"
            + " 2 or 3",
        "{'zero_optimisation': {'stage': 2}} | Did you mean 'zero_optimization'?",
        "{'zero_optimization': {'stag': 2}} | deepspeed.zero_optimization.stag: expected a known"
            + " key; there is none of this name. Did you mean 'stage'?",
        "{'zero_optimization': 2} | deepspeed.zero_optimization = 2: expected an object",
        "{'zero_optimization': {'stage': 3, 'zero_hpz_partition_size': 8}} | ZeRO++ is not offered",
        "{'zero_optimization': {'stage': 3, 'zero_quantized_weights': true}} | ZeRO++ is not"
            + " offered",
        "{'zero_optimization': {'stage': 3, 'reduce_bucket_size': 1e400}} |"
            + " deepspeed.zero_optimization.reduce_bucket_size = Infinity: expected a whole number"
            + " of at least 1, or auto",
        "{'zero_optimization': {'stage': 3, 'reduce_bucket_size': 123456789012345678901234567890}}"
            + " | reduce_bucket_size = 123456789012345678901234567890: expected a whole number",
        "{'optimizer': {'type': 'OneBitAdam', 'params': {}}} | deepspeed.optimizer.type ="
            + " OneBitAdam: expected one of AdamW, Adam, SGD, Adagrad, Lion",
        "{'optimizer': {'type': 'SGD'}} | deepspeed.optimizer.type = SGD: expected what optim says,"
            + " adamw_torch_fused. Set optim to sgd",
        "{'optimizer': {'type': 'Adam', 'params': {'adam_w_mode': false}}} | Set optim to adam",
        "{'scheduler': {'type': 'OneCycle'}} | deepspeed.scheduler.type = OneCycle: expected"
            + " WarmupLR or WarmupDecayLR",
        "{'scheduler': {'type': 'WarmupLR'}} | expected what lr_scheduler_type says, linear. Set"
            + " lr_scheduler_type to constant_with_warmup",
        "{'scheduler': {'type': 'WarmupDecayLR', 'params': {'warmup_type': 'log'}}} |"
            + " deepspeed.scheduler.params.warmup_type = log: expected linear",
        "{'fp16': {'enabled': 'auto', 'loss_scale': 128}} | deepspeed.fp16.loss_scale = 128:"
            + " expected 0, which means a dynamic scale",
        "{'amp': {'enabled': true, 'opt_level': 'O1'}} | use bf16 or fp16 in place of Apex",
        "{'tensorboard': {'enabled': true}} | deepspeed.tensorboard = {…}: expected not to be set:"
            + " use report_to",
        "{'elasticity': {'enabled': true}} | deepspeed.elasticity = {…}: expected not to be set",
        "{'sparse_attention': {'mode': 'fixed'}} | attention is dense",
        "{'communication_data_type': 'fp16'} | deepspeed.communication_data_type = fp16: expected"
            + " fp32, since gradients are summed in float32",
        "{'activation_checkpointing': {'cpu_checkpointing': true}} | use gradient_checkpointing",
        "{'train_micro_batch_size_per_gpu': 'automatic'} | expected a whole number of at least 1,"
            + " or auto",
      })
  void whatCannotBeHonouredIsRefusedByName(String config, String message) {
    assertThatThrownBy(() -> deepspeed(config.replace('\'', '"')))
        .isInstanceOf(InvalidArgumentsException.class)
        .hasMessageContaining("1 mistake in the JSON")
        .hasMessageContaining(message);
  }

  @Test
  void theOptimizerAndScheduleOfTheFileMayBeThoseOfTheArguments() {
    assertThat(
            deepspeed(
                    """
                    {"zero_optimization": {"stage": 1}, "optimizer": {"type": "Adam", "params": {"torch_adam": true}},
                     "scheduler": {"type": "WarmupLR", "params": {"warmup_type": "linear"}}}
                    """,
                    "\"lr_scheduler_type\": \"constant_with_warmup\"")
                .sharding()
                .stage())
        .isEqualTo(Stage.OPTIMIZER);
  }

  @Test
  void olderKeysOfOffloadAreRead() {
    assertThat(
            deepspeed("{\"zero_optimization\": {\"stage\": 2, \"cpu_offload\": true}}")
                .sharding()
                .offloadOptimizer())
        .isTrue();
  }

  @Test
  void fsdpAndDeepSpeedExcludeEachOther() {
    assertThatThrownBy(() -> deepspeed(ZERO2, "\"fsdp\": true"))
        .hasMessageContaining("fsdp")
        .hasMessageContaining("expected false, since deepspeed says what is shared out");
    assertThatThrownBy(
            () ->
                deepspeed(
                    "{\"zero_optimization\": {\"stage\": 3}}", "\"auto_find_batch_size\": true"))
        .hasMessageContaining("auto_find_batch_size = true: expected false");
  }

  @Test
  void hostileFilesAreOneClearError(@TempDir Path folder) throws IOException {
    assertRefused(
        folder, "{\"a\":".repeat(100_000) + "1" + "}".repeat(100_000), "nested at most 8 deep");
    assertRefused(folder, "{\"stage\": " + "9".repeat(50_000) + "}", "valid JSON");
    assertRefused(folder, "[1, 2]", "a mapping of arguments");
    assertRefused(folder, "{\"a\": 1, \"a\": 2}", "every key once");
    assertRefused(folder, "{\"a\": ", "valid JSON; it breaks at line 1");
    assertRefused(folder, "{\"" + "k".repeat(40_000) + "\": 1}", "known key");
    assertRefused(folder, " ".repeat(2 << 20) + "{}", "larger than 1 MiB");
    assertRefused(folder, "\u0000\u0001", "valid JSON");
    Path binary = folder.resolve("binary.json");
    Files.write(binary, new byte[] {(byte) 0xff, (byte) 0xfe, 0});
    assertThatThrownBy(() -> TrainingArguments.builder().deepspeed(binary).build())
        .hasMessageContaining("text in UTF-8");
    assertThatThrownBy(() -> TrainingArguments.builder().deepspeed(folder).build())
        .hasMessageContaining("deepspeed");
  }

  private static void assertRefused(Path folder, String text, String message) throws IOException {
    Path file = Files.writeString(folder.resolve("hostile.json"), text);
    InvalidArgumentsException refused =
        catchThrowableOfType(
            InvalidArgumentsException.class,
            () -> TrainingArguments.builder().deepspeed(file).build());
    assertThat(refused).hasMessageContaining("deepspeed").hasMessageContaining(message);
    assertThat(refused.getMessage()).hasSizeLessThan(2000);
  }
}
