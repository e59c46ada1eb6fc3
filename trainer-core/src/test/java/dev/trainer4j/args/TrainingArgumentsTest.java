// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import static dev.trainer4j.args.IntervalStrategy.BEST;
import static dev.trainer4j.args.IntervalStrategy.EPOCH;
import static dev.trainer4j.args.IntervalStrategy.NO;
import static dev.trainer4j.args.IntervalStrategy.STEPS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingArgumentsTest {

  private static List<String> problems(TrainingArguments.Builder builder) {
    return catchThrowableOfType(InvalidArgumentsException.class, builder::build).problems();
  }

  @Test
  void buildsWithHuggingFaceNamesAndAStaticallyImportedStrategy() {
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(Path.of("out/language-id"))
            .numTrainEpochs(3)
            .perDeviceTrainBatchSize(64)
            .learningRate(3e-3)
            .evalStrategy(EPOCH)
            .saveStrategy(EPOCH)
            .loadBestModelAtEnd(true)
            .metricForBestModel("accuracy")
            .build();

    assertThat(args.learningRate()).isEqualTo(3e-3);
    assertThat(args.resolvedGreaterIsBetter()).isTrue();
    assertThat(args.optim()).isEqualTo(OptimizerName.ADAMW_TORCH_FUSED);
  }

  @Test
  void reportsAllMistakesAtOnceEachByItsJavaName() {
    assertThatThrownBy(
            () ->
                TrainingArguments.builder()
                    .learningRate(-1)
                    .perDeviceTrainBatchSize(0)
                    .loadBestModelAtEnd(true)
                    .build())
        .isInstanceOf(InvalidArgumentsException.class)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            """
            3 mistakes in the training arguments:
              - perDeviceTrainBatchSize = 0: expected a whole number of at least 1.
              - learningRate = -1: expected a number of at least 0.
              - loadBestModelAtEnd = true: expected an evalStrategy, since only evaluations tell the best model. \
            Set evalStrategy to steps or epoch.\
            """);
  }

  @Test
  void refusesSavingOptionsThatDoNothing() {
    assertThat(problems(TrainingArguments.builder().saveKeepEvery(100)))
        .singleElement()
        .asString()
        .contains("saveKeepEvery = 100: expected a saveTotalLimit");
    assertThat(problems(TrainingArguments.builder().asyncSave(true).saveStrategy(NO)))
        .singleElement()
        .asString()
        .contains("asyncSave = true: expected something that saves, since saveStrategy is no");
    assertThat(
            TrainingArguments.builder()
                .asyncSave(true)
                .saveStrategy(NO)
                .saveInterval(Duration.ofMinutes(30))
                .build()
                .savesRegularly())
        .isTrue();
  }

  @Test
  void expandsTheHomeFolder() {
    Path home = Path.of(System.getProperty("user.home"));

    assertThat(TrainingArguments.builder().outputDir(Path.of("~")).build().outputDir())
        .isEqualTo(home);
    assertThat(TrainingArguments.builder().outputDir(Path.of("~/runs/a")).build().outputDir())
        .isEqualTo(home.resolve("runs/a"));
    assertThat(TrainingArguments.builder().outputDir(Path.of("~other")).build().outputDir())
        .isEqualTo(Path.of("~other"));
  }

  @Test
  void aBuilderStartsFromArgumentsWithoutChangingThem() {
    TrainingArguments first = TrainingArguments.builder().maxSteps(10).dataSeed(7).build();
    TrainingArguments second = first.toBuilder().maxSteps(20).build();

    assertThat(first.maxSteps()).isEqualTo(10);
    assertThat(second.maxSteps()).isEqualTo(20);
    assertThat(second.resolvedDataSeed()).isEqualTo(7);
    assertThat(second.toBuilder().maxSteps(10).build()).isEqualTo(first).hasSameHashCodeAs(first);
  }

  @Test
  void stepsBelowOneAreAShareRoundedUp() {
    TrainingArguments args =
        TrainingArguments.builder().loggingSteps(0.1).saveSteps(50).warmupSteps(0.06).build();

    assertThat(args.loggingStepsFor(101)).isEqualTo(11);
    assertThat(args.evalStepsFor(101)).as("follows the log").isEqualTo(11);
    assertThat(args.saveStepsFor(101)).isEqualTo(50);
    assertThat(args.warmupStepsFor(101)).isEqualTo(7);
    assertThat(args.toBuilder().evalSteps(25).warmupSteps(0).build().evalStepsFor(101))
        .isEqualTo(25);
  }

  @Test
  void aMetricIsBetterWhenGreaterUnlessItIsALoss() {
    assertThat(TrainingArguments.builder().build().resolvedMetricForBestModel()).isEqualTo("loss");
    assertThat(TrainingArguments.builder().build().resolvedGreaterIsBetter()).isFalse();
    assertThat(
            TrainingArguments.builder()
                .metricForBestModel("eval_loss")
                .build()
                .resolvedGreaterIsBetter())
        .isFalse();
    assertThat(
            TrainingArguments.builder().metricForBestModel("f1").build().resolvedGreaterIsBetter())
        .isTrue();
    assertThat(
            TrainingArguments.builder()
                .metricForBestModel("wer")
                .greaterIsBetter(false)
                .build()
                .resolvedGreaterIsBetter())
        .isFalse();
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, -1e-9})
  void numbersThatAreNoneAreRefused(double value) {
    assertThat(problems(TrainingArguments.builder().learningRate(value)))
        .singleElement()
        .asString()
        .startsWith("learningRate = ");
    assertThat(problems(TrainingArguments.builder().saveSteps(value)))
        .singleElement()
        .asString()
        .startsWith("saveSteps = ");
  }

  @Test
  void stepsAboveOneMustBeWhole() {
    assertThat(problems(TrainingArguments.builder().saveSteps(1.5).warmupSteps(2.5).evalSteps(3.5)))
        .hasSize(3);
  }

  @Test
  void zeroStepsAreRefusedWhereStepsDecide() {
    assertThat(problems(TrainingArguments.builder().loggingSteps(0))).hasSize(1);
    assertThat(problems(TrainingArguments.builder().saveSteps(0))).hasSize(1);
    assertThat(
            problems(
                TrainingArguments.builder()
                    .loggingStrategy(NO)
                    .loggingSteps(0)
                    .evalStrategy(STEPS)))
        .singleElement()
        .asString()
        .startsWith("evalSteps")
        .contains("loggingSteps");
    assertThat(TrainingArguments.builder().saveStrategy(EPOCH).saveSteps(0).build().saveSteps())
        .isZero();
  }

  @Test
  void maxStepsIsMinusOneOrAtLeastOne() {
    assertThat(problems(TrainingArguments.builder().maxSteps(0))).hasSize(1);
    assertThat(problems(TrainingArguments.builder().maxSteps(-2))).hasSize(1);
    assertThat(TrainingArguments.builder().maxSteps(-1).build().maxSteps()).isEqualTo(-1);
  }

  @Test
  void theBestModelNeedsEvaluationsAndNothingOfTheSaveStrategy() {
    assertThat(problems(TrainingArguments.builder().loadBestModelAtEnd(true))).hasSize(1);
    assertThat(
            TrainingArguments.builder()
                .loadBestModelAtEnd(true)
                .evalStrategy(STEPS)
                .evalSteps(7)
                .saveStrategy(EPOCH)
                .build()
                .loadBestModelAtEnd())
        .isTrue();
  }

  @Test
  void bestIsForSavingOnlyAndNeedsEvaluationsAndAMetric() {
    assertThat(problems(TrainingArguments.builder().evalStrategy(BEST))).hasSize(1);
    assertThat(problems(TrainingArguments.builder().loggingStrategy(BEST))).hasSize(1);
    assertThat(problems(TrainingArguments.builder().saveStrategy(BEST))).hasSize(2);
    assertThat(problems(TrainingArguments.builder().saveStrategy(BEST).evalStrategy(EPOCH)))
        .singleElement()
        .asString()
        .contains("metricForBestModel");
    assertThat(
            TrainingArguments.builder()
                .saveStrategy(BEST)
                .evalStrategy(EPOCH)
                .metricForBestModel("f1")
                .build()
                .saveStrategy())
        .isEqualTo(BEST);
  }

  @Test
  void schedulesDrivenByAMetricNeedEvaluations() {
    for (SchedulerType type : List.of(SchedulerType.REDUCE_LR_ON_PLATEAU, SchedulerType.GREEDY)) {
      assertThat(problems(TrainingArguments.builder().lrSchedulerType(type)))
          .singleElement()
          .asString()
          .contains("evalStrategy");
      TrainingArguments.builder().lrSchedulerType(type).evalStrategy(EPOCH).build();
    }
  }

  @Test
  void anOptionThatDoesNothingIsRefused() {
    assertThat(
            problems(
                TrainingArguments.builder()
                    .lrSchedulerType(SchedulerType.CONSTANT)
                    .warmupSteps(10)))
        .singleElement()
        .asString()
        .contains("constant_with_warmup");
    assertThat(problems(TrainingArguments.builder().optim(OptimizerName.SGD).adamBeta1(0.8)))
        .singleElement()
        .asString()
        .startsWith("adamBeta1 = 0.8");
    assertThat(
            problems(
                TrainingArguments.builder().dataloaderNumWorkers(0).dataloaderPrefetchFactor(4)))
        .singleElement()
        .asString()
        .contains("dataloaderNumWorkers");
    TrainingArguments.builder().dataloaderNumWorkers(0).build();
    // Also the value that unset means: whoever gives it believes that it does something.
    assertThat(
            problems(
                TrainingArguments.builder().dataloaderNumWorkers(0).dataloaderPrefetchFactor(2)))
        .singleElement()
        .asString()
        .startsWith("dataloaderPrefetchFactor = 2");
    assertThatThrownBy(
            () ->
                TrainingArguments.fromMap(
                    Map.of("dataloader_num_workers", 0, "dataloader_prefetch_factor", 2)))
        .hasMessageContaining("dataloader_prefetch_factor = 2");
    TrainingArguments.fromMap(Map.of("dataloader_prefetch_factor", 2));
  }

  @Test
  void mistakesInTheBuilderSpeakOfArgumentsAsTheBuilderDoes() {
    assertThat(problems(TrainingArguments.builder().bf16FullEval(true).fp16FullEval(true)))
        .singleElement()
        .asString()
        .isEqualTo(
            "fp16FullEval = true: expected false, since bf16FullEval is true. Choose one of them.");
    for (Argument<?> argument : TrainingArguments.table().arguments()) {
      assertThat(TrainingArguments.table().inCamelCase("without " + argument.name() + " it is"))
          .isEqualTo("without " + argument.javaName() + " it is");
    }
  }

  @Test
  void metricsSeeInputsAndLossesOnly() {
    assertThat(
            TrainingArguments.builder()
                .includeForMetrics("inputs", "loss")
                .build()
                .includeForMetrics())
        .containsExactly("inputs", "loss");
    assertThat(problems(TrainingArguments.builder().includeForMetrics("losses")))
        .containsExactly("includeForMetrics = [losses]: expected a list out of inputs, loss.");
  }

  @Test
  void kwargsOfASchedulerAreCheckedByKeyAndType() {
    TrainingArguments.Builder cosine =
        TrainingArguments.builder().lrSchedulerType(SchedulerType.COSINE_WITH_RESTARTS);

    assertThat(problems(cosine.lrSchedulerKwargs(Map.of("num_cycles", 1.5, "cycles", 2))))
        .containsExactly(
            "lrSchedulerKwargs.cycles: expected one of the keys of cosine_with_restarts: 'num_cycles'.",
            "lrSchedulerKwargs.num_cycles = 1.5: expected a whole number of at least 1.");
    assertThat(cosine.lrSchedulerKwargs(Map.of("num_cycles", 2L)).build().lrSchedulerKwargs())
        .containsExactly(Map.entry("num_cycles", 2));
    assertThat(problems(TrainingArguments.builder().putLrSchedulerKwargs("power", 2)))
        .containsExactly("lrSchedulerKwargs.power: expected no key, since linear takes none.");
  }

  @Test
  void requiredKwargsOfASchedulerAreAskedFor() {
    TrainingArguments.Builder minimum =
        TrainingArguments.builder().lrSchedulerType(SchedulerType.COSINE_WITH_MIN_LR);

    assertThat(problems(minimum))
        .singleElement()
        .asString()
        .contains("exactly one of min_lr and min_lr_rate");
    assertThat(problems(minimum.lrSchedulerKwargs(Map.of("min_lr", 1e-6, "min_lr_rate", 0.1))))
        .hasSize(1);
    minimum.lrSchedulerKwargs(Map.of("min_lr_rate", 0.1)).build();
    assertThat(
            problems(
                TrainingArguments.builder().lrSchedulerType(SchedulerType.WARMUP_STABLE_DECAY)))
        .singleElement()
        .asString()
        .contains("num_decay_steps");
    assertThat(
            problems(
                TrainingArguments.builder()
                    .lrSchedulerType(SchedulerType.POLYNOMIAL)
                    .putLrSchedulerKwargs("lr_end", 1e-3)))
        .singleElement()
        .asString()
        .contains("below the learningRate");
  }

  @Test
  void optimArgsTakeHuggingFacesForm() {
    TrainingArguments args =
        TrainingArguments.builder()
            .optim(OptimizerName.SGD)
            .optimArgs("momentum=0.9, nesterov=True")
            .build();

    assertThat(args.optimArgs())
        .containsOnly(Map.entry("momentum", "0.9"), Map.entry("nesterov", "true"));
  }

  @Test
  void optimArgsOfAnotherOptimizerAreRefusedWithTheKnownOnes() {
    assertThat(
            problems(TrainingArguments.builder().optim(OptimizerName.SGD).optimArgs("alpha=0.9")))
        .containsExactly(
            "optimArgs.alpha: expected one of the keys of sgd: "
                + "'momentum', 'dampening', 'weight_decay', 'nesterov'.");
    assertThat(problems(TrainingArguments.builder().optim(OptimizerName.SGD).optimArgs("momentum")))
        .singleElement()
        .asString()
        .contains("key=value pairs");
    assertThat(
            problems(
                TrainingArguments.builder().optim(OptimizerName.SGD).optimArgs("nesterov=true")))
        .hasSize(1);
    assertThat(
            problems(
                TrainingArguments.builder()
                    .optim(OptimizerName.SGD)
                    .weightDecay(0.1)
                    .optimArgs("weight_decay=0.1")))
        .singleElement()
        .asString()
        .contains("weightDecay");
    assertThat(
            problems(
                TrainingArguments.builder()
                    .optim(OptimizerName.ADAFACTOR)
                    .optimArgs("warmup_init=true")))
        .hasSize(1);
  }

  @Test
  void everySchedulerAndOptimizerBuildsWithoutOptionsUnlessOneIsRequired() {
    for (OptimizerName optimizer : OptimizerName.values()) {
      TrainingArguments.Builder builder = TrainingArguments.builder().optim(optimizer);
      if (optimizer.name().startsWith("SCHEDULE_FREE")) {
        builder.lrSchedulerType(SchedulerType.CONSTANT);
      }
      assertThat(builder.build().optim()).isEqualTo(optimizer);
    }
    for (SchedulerType type : SchedulerType.values()) {
      TrainingArguments.Builder builder =
          TrainingArguments.builder().evalStrategy(EPOCH).lrSchedulerType(type);
      switch (type) {
        case COSINE_WITH_MIN_LR, COSINE_WARMUP_WITH_MIN_LR ->
            builder.putLrSchedulerKwargs("min_lr", 0);
        case WARMUP_STABLE_DECAY -> builder.putLrSchedulerKwargs("num_decay_steps", 5);
        default -> {}
      }
      assertThat(builder.build().lrSchedulerType()).isEqualTo(type);
    }
  }

  @Test
  void countingTokensTakesTrueAndFalseToo() {
    for (Object all : List.of("all", true, "true")) {
      assertThat(
              TrainingArguments.fromMap(Map.of("include_num_input_tokens_seen", all))
                  .includeNumInputTokensSeen())
          .isEqualTo(InputTokenCount.ALL);
    }
    for (Object none : List.of("no", false)) {
      assertThat(TrainingArguments.fromMap(Map.of("include_num_input_tokens_seen", none)))
          .isEqualTo(TrainingArguments.builder().build());
    }
    assertThatThrownBy(
            () -> TrainingArguments.fromMap(Map.of("include_num_input_tokens_seen", "some")))
        .hasMessageContaining("expected one of no, all, non_padding");
  }

  @Test
  void libtorchComputesWithAtLeastOneThread() {
    assertThat(problems(TrainingArguments.builder().torchNumThreads(0)))
        .containsExactly("torchNumThreads = 0: expected a whole number of at least 1.");
  }

  @Test
  void reportToNoneIsTheEmptyListAndWrittenAsNone() {
    TrainingArguments none = TrainingArguments.builder().reportTo("none").build();

    assertThat(none.reportTo()).isEmpty();
    assertThat(none).isEqualTo(TrainingArguments.builder().build());
    assertThat(none.toMap()).containsEntry("report_to", "none");
    assertThat(TrainingArguments.parseYaml("report_to: []").reportTo()).isEmpty();
    assertThat(TrainingArguments.parseYaml("report_to: csv").reportTo()).containsExactly("csv");
  }

  @Test
  void reportToTakesAllAndNoneAloneAndEachNameOnce() {
    assertThat(TrainingArguments.builder().reportTo("all").build().reportTo())
        .containsExactly("all");
    for (List<String> names :
        List.of(List.of("all", "csv"), List.of("csv", "none"), List.of("csv", "csv"))) {
      assertThat(problems(TrainingArguments.builder().reportTo(names)))
          .singleElement()
          .asString()
          .contains("reportTo = " + names, "all or none alone");
    }
  }
}
