// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArgumentFilesTest {
  private final Path folder;

  ArgumentFilesTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static final TrainingArguments FAR_FROM_DEFAULT =
      TrainingArguments.builder()
          .outputDir(Path.of("no: way # \"quoted\""))
          .reportTo("csv", "tensorboard")
          .runName("first try")
          .loggingDir(Path.of("logs"))
          .perDeviceTrainBatchSize(2)
          .numTrainEpochs(1.25)
          .maxSteps(77)
          .learningRate(3e-5)
          .lrSchedulerType(SchedulerType.WARMUP_STABLE_DECAY)
          .lrSchedulerKwargs(
              Map.of("num_decay_steps", 10L, "min_lr_ratio", 0, "decay_type", "1-sqrt"))
          .warmupSteps(0.03)
          .optim(OptimizerName.SGD)
          .optimArgs("momentum=.9,nesterov=True")
          .weightDecay(0.01)
          .maxGradNorm(0)
          .nanPolicy(NanPolicy.SKIP)
          .evalStrategy(IntervalStrategy.STEPS)
          .evalSteps(0.1)
          .saveStrategy(IntervalStrategy.BEST)
          .saveTotalLimit(2)
          .saveKeepEvery(1000)
          .saveInterval(Duration.ofMinutes(30))
          .maxTrainTime(Duration.ofMillis(7_200_001))
          .asyncSave(true)
          .maxShardSize("5GB")
          .enableJitCheckpoint(true)
          .metricForBestModel("no")
          .greaterIsBetter(false)
          .includeForMetrics("loss", "inputs")
          .seed(Long.MIN_VALUE)
          .dataSeed(1L << 60)
          .logLevel(LogLevel.DEBUG)
          .labelNames("start", "2")
          .trainSamplingStrategy(SamplingStrategy.BATCH_REBALANCE)
          .includeNumInputTokensSeen(InputTokenCount.NON_PADDING)
          .fullDeterminism(true)
          .torchNumThreads(3)
          .build();

  private static List<String> problemsOfYaml(String yaml) {
    return catchThrowableOfType(
            InvalidArgumentsException.class, () -> TrainingArguments.parseYaml(yaml))
        .problems();
  }

  private static List<String> problemsOfJson(String json) {
    return catchThrowableOfType(
            InvalidArgumentsException.class, () -> TrainingArguments.parseJson(json))
        .problems();
  }

  @Test
  void whatIsWrittenReadsBackEqual() {
    for (TrainingArguments args : List.of(TrainingArguments.builder().build(), FAR_FROM_DEFAULT)) {
      assertThat(TrainingArguments.parseJson(args.toJson())).isEqualTo(args);
      assertThat(TrainingArguments.parseYaml(args.toYaml())).isEqualTo(args);
      assertThat(TrainingArguments.fromMap(args.toMap())).isEqualTo(args);
    }
  }

  @Test
  void isWrittenAsPeopleWriteIt() {
    assertThat(TrainingArguments.builder().build().toJson())
        .startsWith("{\n  \"output_dir\": \"trainer_output\",\n")
        .contains(
            "\"logging_steps\": 500,", "\"lr_scheduler_kwargs\": {},", "\"eval_steps\": null,");
    assertThat(TrainingArguments.builder().build().toYaml())
        .startsWith("output_dir: \"trainer_output\"\n")
        .contains("eval_strategy: \"no\"");
  }

  @Test
  void filesReadLikeTheirText() throws IOException {
    Path json = Files.writeString(folder.resolve("a.json"), FAR_FROM_DEFAULT.toJson());
    Path yaml = Files.writeString(folder.resolve("a.yaml"), FAR_FROM_DEFAULT.toYaml());

    assertThat(TrainingArguments.fromJson(json)).isEqualTo(FAR_FROM_DEFAULT);
    assertThat(TrainingArguments.fromYaml(yaml)).isEqualTo(FAR_FROM_DEFAULT);
  }

  @Test
  void yamlWrittenByHandReadsAsMeant() {
    TrainingArguments args =
        TrainingArguments.parseYaml(
            """
            # HF's own spelling
            output_dir: out
            learning_rate: 3e-5        # YAML calls this a string
            eval_strategy: no          # and some call this a boolean
            save_steps: 0.1
            optim: sgd
            optim_args: momentum=0.9
            lr_scheduler_type: cosine
            lr_scheduler_kwargs:
              num_cycles: 1
            label_names: [start, end]
            save_total_limit: null
            """);

    assertThat(args.learningRate()).isEqualTo(3e-5);
    assertThat(args.evalStrategy()).isEqualTo(IntervalStrategy.NO);
    assertThat(args.optimArgs()).containsExactly(Map.entry("momentum", "0.9"));
    assertThat(args.lrSchedulerKwargs()).containsExactly(Map.entry("num_cycles", 1.0));
    assertThat(args.labelNames()).containsExactly("start", "end");
    assertThat(args.saveTotalLimit()).isEmpty();
  }

  @Test
  void allMistakesOfAFileAreReportedAtOnceWithItsName() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("training.yaml"),
            """
            learning_rate: fast
            per_device_train_batch_size: 0
            evall_strategy: epoch
            debug: true
            lr_scheduler_type: cosin
            load_best_model_at_end: true
            """);

    assertThatThrownBy(() -> TrainingArguments.fromYaml(file))
        .isInstanceOf(InvalidArgumentsException.class)
        .hasMessageContaining("6 mistakes in " + file)
        .hasMessageContaining("learning_rate = fast: expected a number of at least 0.")
        .hasMessageContaining(
            "per_device_train_batch_size = 0: expected a whole number of at least 1.")
        .hasMessageContaining("Did you mean eval_strategy?")
        .hasMessageContaining(
            "debug = true: expected not to be set: not supported yet: debug modes.")
        .hasMessageContaining("lr_scheduler_type = cosin: expected one of linear, cosine,")
        .hasMessageContaining("Set eval_strategy to steps or epoch");
  }

  @Test
  void aValueThatCannotBeReadCausesNoSecondMistake() {
    assertThat(problemsOfYaml("eval_strategy: epochs\nload_best_model_at_end: true"))
        .singleElement()
        .asString()
        .startsWith("eval_strategy = epochs");
  }

  @Test
  void camelCaseInAFileIsPointedToItsName() {
    assertThat(problemsOfJson("{\"perDeviceTrainBatchSize\": 8}"))
        .singleElement()
        .asString()
        .endsWith("Did you mean per_device_train_batch_size?");
  }

  @Test
  void nullMeansTheDefaultOnlyWhereHuggingFaceHasIt() {
    assertThat(
            TrainingArguments.parseJson("{\"eval_steps\": null, \"output_dir\": null}").evalSteps())
        .isEmpty();
    assertThat(problemsOfJson("{\"learning_rate\": null}")).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"max_steps\": 1.5}",
        "{\"max_steps\": 1e300}",
        "{\"max_steps\": 99999999999}",
        "{\"max_steps\": [1]}",
        "{\"max_steps\": {\"a\": 1}}",
        "{\"use_cpu\": \"maybe\"}",
        "{\"use_cpu\": 2}",
        "{\"learning_rate\": true}",
        "{\"learning_rate\": 1e999}",
        "{\"learning_rate\": \"NaN\"}",
        "{\"learning_rate\": NaN}",
        "{\"learning_rate\": \"1f\"}",
        "{\"optim\": 3}",
        "{\"output_dir\": 3}",
        "{\"output_dir\": \"a\\u0000b\"}",
        "{\"label_names\": [1]}",
        "{\"label_names\": [[]]}",
        "{\"lr_scheduler_kwargs\": \"{\"}",
        "{\"lr_scheduler_kwargs\": [1]}",
        "{\"lr_scheduler_kwargs\": {\"num_cycles\": null}}",
        "{\"optim_args\": {\"amsgrad\": [[]]}}",
        "{\"seed\": 123456789012345678901234567890}",
        "{\"max_steps\": 1, \"max_steps\": 1}",
        "{\"max_steps\": 1} {}",
        "{\"max_steps\": 1",
        "{\"a\": \"b\", }",
        "[]",
        "3",
        "null",
        ""
      })
  void everyWrongJsonIsOneCleanMistake(String json) {
    assertThat(problemsOfJson(json)).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "learning_rate: .nan",
        "learning_rate: .inf",
        "max_steps: 1\nmax_steps: 1",
        "max_steps: &a 1\nseed: *a",
        "- max_steps",
        "a: b: c",
        "\tmax_steps: 1",
        "max_steps: 1\n---\nmax_steps: 2",
        "seed: !!java.net.URL [x]",
        "# nothing",
        "\u0000"
      })
  void everyWrongYamlIsOneCleanMistake(String yaml) {
    assertThat(problemsOfYaml(yaml)).hasSize(1);
  }

  @Test
  void hostileNestingAndBombsEndInACleanMistake() {
    String deep = "{\"lr_scheduler_kwargs\":" + "[".repeat(100_000);
    StringBuilder laughs = new StringBuilder("a0: &a0 [x, x]\n");
    for (int i = 1; i < 40; i++) {
      laughs.append("a%d: &a%d [*a%d, *a%d]%n".formatted(i, i, i - 1, i - 1));
    }

    assertThat(problemsOfJson(deep)).hasSize(1);
    assertThat(problemsOfYaml(deep)).hasSize(1);
    assertThat(problemsOfYaml(laughs.toString())).hasSize(1);
    assertThat(problemsOfYaml("a: " + "9".repeat(5_000))).hasSize(1);
  }

  @Test
  void filesThatCannotBeReadAreMistakesToo() throws IOException {
    Path latin = Files.write(folder.resolve("latin.yaml"), new byte[] {'a', ':', ' ', (byte) 0xe9});
    Path large = Files.writeString(folder.resolve("large.json"), " ".repeat((1 << 20) + 1));

    assertThatThrownBy(() -> TrainingArguments.fromYaml(folder.resolve("absent.yaml")))
        .hasMessageContaining("there is none");
    assertThatThrownBy(() -> TrainingArguments.fromYaml(latin)).hasMessageContaining("UTF-8");
    assertThatThrownBy(() -> TrainingArguments.fromJson(large))
        .hasMessageContaining("larger than 1 MiB");
    assertThatThrownBy(() -> TrainingArguments.fromJson(folder))
        .isInstanceOf(InvalidArgumentsException.class);
  }

  @Test
  void secretsAreNeverShown() {
    List<String> texts =
        List.of(
            "{\"hub_token\": [\"hf_secret\"]}",
            "{\"push_to_hub_token\": {\"x\": \"hf_secret\"}}",
            "{\"hub_token\": \"hf_secret\", \"seed\": \"x\"}",
            "{\"my_token\": \"hf_secret\"}",
            "{\"accelerator_config\": {\"hub_token\": \"hf_secret\"}}",
            "{\"lr_scheduler_kwargs\": {\"a_token\": \"hf_secret\"}}",
            "{\"optim_args\": {\"a_token\": \"hf_secret\"}}",
            "{\"hub_token\": hf_secret}");
    for (String text : texts) {
      assertThatThrownBy(() -> TrainingArguments.parseJson(text))
          .isInstanceOf(InvalidArgumentsException.class)
          .hasNoCause()
          .message()
          .doesNotContain("hf_secret");
    }
    assertThatThrownBy(() -> TrainingArguments.fromCommandLine("--hub-token", "hf_secret", "a"))
        .message()
        .contains("hub_token")
        .doesNotContain("hf_secret");
    assertThatThrownBy(() -> TrainingArguments.fromCommandLine("--optim_args", "a_token=hf_secret"))
        .message()
        .doesNotContain("hf_secret");
  }

  @Test
  void aTokenIsNeitherPrintedNorWrittenAndItsMaskReadsAsUnset() {
    TrainingArguments args = TrainingArguments.parseJson("{\"push_to_hub_token\": \"hf_secret\"}");

    assertThat(args.hubToken()).hasValue("hf_secret");
    assertThat(args.toString()).doesNotContain("hf_secret");
    assertThat(args.toMap()).containsEntry("hub_token", "<HUB_TOKEN>");
    assertThat(args.toJson() + args.toYaml()).contains("<HUB_TOKEN>").doesNotContain("hf_secret");
    assertThat(TrainingArguments.parseJson(args.toJson()))
        .isEqualTo(TrainingArguments.builder().build());
  }

  /** Whoever mistypes the name of a secret must not find it in a log. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "hubToken",
        "hub_tokn",
        "hub-tokn",
        "api_key",
        "apiKey",
        "password",
        "HF_TOKEN",
        "mlflow",
        "a.b"
      })
  void theValueOfANameThatNobodyKnowsIsNeverShown(String name) {
    List<ThrowingCallable> refusals =
        List.of(
            () -> TrainingArguments.parseJson("{\"" + name + "\": \"s3same\"}"),
            () -> TrainingArguments.parseJson("{\"" + name + "\": {\"x\": [\"s3same\"]}}"),
            () -> TrainingArguments.parseJson("{\"" + name + "\": [\"s3same\"]}"),
            () -> TrainingArguments.parseYaml(name + ": s3same"),
            () -> TrainingArguments.fromMap(Map.of(name, "s3same")),
            () -> TrainingArguments.fromCommandLine("--" + name, "s3same"),
            () -> TrainingArguments.fromCommandLine("--" + name + "=s3same"),
            () -> TrainingArguments.fromCommandLine("--" + name, "s3same", "--" + name, "s3same"),
            () -> TrainingArguments.fromCommandLine("-" + name, "s3same"),
            () -> TrainingArguments.fromCommandLine("--seed", "1", "-" + name, "s3same"),
            () -> TrainingArguments.fromCommandLine("--seed", "1", name, "s3same"),
            () -> TrainingArguments.fromCommandLine("--report_to", "csv", "-" + name, "s3same"),
            () -> TrainingArguments.fromCommandLine("-" + name + "=s3same"),
            () -> TrainingArguments.fromCommandLine(name + "=s3same"),
            () -> TrainingArguments.fromCommandLine("--optim_args", name + "=s3same"),
            () -> TrainingArguments.fromCommandLine("--optim_args", name + "=s3same,broken"),
            () ->
                TrainingArguments.fromCommandLine(
                    "--optim", "sgd", "--optim_args", "nesterov=true," + name + "=s3same"),
            () ->
                TrainingArguments.fromCommandLine(
                    "--lr_scheduler_type",
                    "warmup_stable_decay",
                    "--lr_scheduler_kwargs",
                    "{\"" + name + "\": \"s3same\"}"),
            () ->
                TrainingArguments.parseJson(
                    "{\"optim_args\": {\"" + name + "\": \"s3same\", \"b\": null}}"),
            () ->
                TrainingArguments.parseJson("{\"learning_rate\": {\"" + name + "\": \"s3same\"}}"),
            () -> TrainingArguments.parseJson("{\"deepspeed\": {\"" + name + "\": \"s3same\"}}"),
            () ->
                TrainingArguments.builder()
                    .optimArgs(Map.of(name, "s3same", "weight_decay", "1"))
                    .weightDecay(0.1)
                    .build());
    for (int i = 0; i < refusals.size(); i++) {
      assertThatThrownBy(refusals.get(i))
          .as(name + " " + i)
          .isInstanceOf(InvalidArgumentsException.class)
          .message()
          .contains("expected")
          .doesNotContain("s3same");
    }
  }

  @Test
  void aMistypedNameStillSaysWhatWasMeant() {
    assertThatThrownBy(() -> TrainingArguments.fromMap(Map.of("learnin_rate", 0.1)))
        .hasMessageContaining(
            "learnin_rate: expected a known argument; there is none of this name. Did you mean learning_rate?");
    assertThatThrownBy(() -> TrainingArguments.fromCommandLine("--seed", "1", "-lr=2"))
        .hasMessageContaining("-lr: expected a flag");
    assertThatThrownBy(() -> TrainingArguments.fromCommandLine("--seed=1", "seed"))
        .hasMessageContaining("word 2: expected a flag");
  }

  @Test
  void byteOrderMarksBeforeArgumentsAreNoPartOfThem() throws IOException {
    Path json = Files.writeString(folder.resolve("bom.json"), "\uFEFF{\"seed\": 7}");
    Path yaml = Files.writeString(folder.resolve("bom.yaml"), "\uFEFF\uFEFFseed: 8");
    assertThat(TrainingArguments.fromJson(json).seed()).isEqualTo(7);
    assertThat(TrainingArguments.fromYaml(yaml).seed()).isEqualTo(8);
  }
}
