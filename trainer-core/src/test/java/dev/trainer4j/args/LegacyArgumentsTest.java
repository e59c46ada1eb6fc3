// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class LegacyArgumentsTest {
  private final Logger logger = (Logger) LoggerFactory.getLogger(NameResolver.class);
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

  @Test
  void oldNamesAreTakenWithOneWarningEach() {
    TrainingArguments args =
        TrainingArguments.parseYaml(
            """
            evaluation_strategy: epoch
            warmup_ratio: 0.1
            no_cuda: true
            include_inputs_for_metrics: true
            adafactor: true
            per_gpu_train_batch_size: 4
            group_by_length: false
            include_tokens_per_second: true
            save_safetensors: true
            overwrite_output_dir: true
            """);

    assertThat(args.evalStrategy()).isEqualTo(IntervalStrategy.EPOCH);
    assertThat(args.warmupSteps()).isEqualTo(0.1);
    assertThat(args.useCpu()).isTrue();
    assertThat(args.includeForMetrics()).containsExactly("inputs");
    assertThat(args.optim()).isEqualTo(OptimizerName.ADAFACTOR);
    assertThat(args.perDeviceTrainBatchSize()).isEqualTo(4);
    assertThat(args.includeNumInputTokensSeen()).isEqualTo(InputTokenCount.ALL);
    assertThat(warnings.list).hasSize(10).allMatch(event -> event.getLevel() == Level.WARN);
    assertThat(warnings.list.get(0).getFormattedMessage())
        .isEqualTo(
            "the YAML: evaluation_strategy is an argument of an older version. Use eval_strategy.");
  }

  @Test
  void oldNamesThatAskForSomethingElseAreRefused() {
    Map<String, Object> values =
        Map.of(
            "use_mps_device",
            true,
            "save_safetensors",
            false,
            "overwrite_output_dir",
            false,
            "fp16_backend",
            "apex");

    assertThatThrownBy(() -> TrainingArguments.fromMap(values))
        .hasMessageContaining("4 mistakes in the map")
        .hasMessageContaining(
            "use_mps_device = true: expected not to be set: there is no MPS device to train on.")
        .hasMessageContaining(
            "save_safetensors = false: expected not to be set: checkpoints are always safetensors.");
  }

  @Test
  void theCommandLineKnowsThemToo() {
    assertThat(
            TrainingArguments.fromCommandLine(
                    "--evaluation_strategy", "steps", "--save_safetensors", "True")
                .evalStrategy())
        .isEqualTo(IntervalStrategy.STEPS);
  }

  @Test
  void anOldAndANewNameForOneThingAreRefused() {
    assertThatThrownBy(
            () -> TrainingArguments.fromMap(Map.of("warmup_ratio", 0.1, "warmup_steps", 10)))
        .hasMessageContaining("warmup_steps is given too");
    assertThat(
            TrainingArguments.fromMap(Map.of("warmup_ratio", 0.0, "warmup_steps", 10))
                .warmupSteps())
        .isEqualTo(10);
  }

  @Test
  void aRatioOfOneIsNotOneStep() {
    for (Object ratio : List.of(1, 1.5, -0.1, "x")) {
      assertThatThrownBy(() -> TrainingArguments.fromMap(Map.of("warmup_ratio", ratio)))
          .hasMessageContaining("warmup_ratio = " + ratio);
    }
  }

  @Test
  void whatAnOldVersionWroteByDefaultIsTaken() {
    TrainingArguments args =
        TrainingArguments.parseJson(
            """
            {"past_index": -1, "ray_scope": "last", "jit_mode_eval": false, "mp_parameters": "", "torchdynamo": null,
             "half_precision_backend": "auto", "fp16_opt_level": "O1", "no_cuda": false, "use_cpu": false, "_n_gpu": 1,
             "per_gpu_train_batch_size": null, "push_to_hub_token": null, "logging_dir": null}
            """);

    assertThat(args).isEqualTo(TrainingArguments.builder().build());
  }
}
