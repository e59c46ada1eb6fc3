// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.EvaluationOutput;
import dev.trainer4j.PredictionOutput;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.metrics.EvalPrediction;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.ParityModels;
import dev.trainer4j.transformers.PeftModel;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.generation.GenerationConfig;
import dev.trainer4j.transformers.peft.LoraConfig;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.trainer.Seq2SeqTrainingArguments;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of the model that a trainer is given or makes, and what it writes in evaluations. */
class SftModelsTest {

  private static final Path FIGURES = ParityModels.ownFolder().resolveSibling("sft");
  private static final int NEW_TOKENS = 5;

  @TempDir Path outputDir;

  private static PretrainedModel model() {
    try {
      return AutoModels.causalLm(FIGURES.resolve("model"), ParityModels.cpu());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Dataset<Map<String, Object>> rows() {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (String prompt : List.of("one", "one two three four five", "one two", "one two three")) {
      rows.add(Map.of("prompt", prompt, "completion", " and " + prompt));
    }
    return Datasets.of(rows);
  }

  private SftArguments.Builder arguments(int maxSteps) {
    return SftArguments.builder()
        .training(
            t ->
                t.outputDir(outputDir)
                    .useCpu(true)
                    .maxSteps(maxSteps)
                    .perDeviceTrainBatchSize(2)
                    .perDeviceEvalBatchSize(2)
                    .learningRate(1e-2)
                    .loggingSteps(1)
                    .saveStrategy(IntervalStrategy.NO));
  }

  private static LoraConfig lora(String target) {
    return LoraConfig.builder().r(4).targetModules(target).build();
  }

  private static List<String> trainable(PretrainedModel model) {
    return model.parameters().stream().map(NamedParameter::name).toList();
  }

  private static Seq2SeqTrainingArguments writing() {
    return Seq2SeqTrainingArguments.builder()
        .predictWithGenerate(true)
        .generationConfig(GenerationConfig.builder().maxNewTokens(NEW_TOKENS).build())
        .build();
  }

  @Test
  void aTrainerThatCannotBeBuiltLeavesItsBaseAsItWas() {
    Dataset<Map<String, Object>> broken = Datasets.of(List.of(Map.of("nothing", "of use")));
    try (PretrainedModel base = model()) {
      base.freeze("model.embed_tokens");
      List<String> before = trainable(base);
      int tokens = base.config().vocabSize();

      assertThatThrownBy(
              () ->
                  SftTrainer.builder(base, arguments(1).build())
                      .peft(lora("all-linear"))
                      .trainDataset(broken)
                      .build())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("nothing");
      assertThatThrownBy(
              () ->
                  SftTrainer.builder(base, arguments(1).build())
                      .peft(lora("no_such_module"))
                      .trainDataset(rows())
                      .build())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("no_such_module");

      assertThat(trainable(base)).isEqualTo(before).isNotEmpty();
      assertThat(base.config().vocabSize()).isEqualTo(tokens);
    }
  }

  /** A trainer of one's own, made by the protected constructor. */
  private static final class OwnTrainer extends SftTrainer {
    OwnTrainer(Builder builder) {
      super(builder);
    }
  }

  /** Notes the adapter's parameters, and may fail then. */
  private static final class Onlooker implements TrainerCallback {
    private final List<NDArray> adapter = new ArrayList<>();
    private final boolean fails;

    Onlooker(boolean fails) {
      this.fails = fails;
    }

    @Override
    public void onInitEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      ctx.model().parameters().forEach(parameter -> adapter.add(parameter.array()));
      if (fails) {
        throw new IllegalStateException("not today");
      }
    }
  }

  @Test
  void aSubclassThatCannotBeBuiltLeavesItsBaseAsItWasAndNoAdapter() {
    try (PretrainedModel base = model()) {
      List<String> before = trainable(base);
      Onlooker onlooker = new Onlooker(true);
      SftTrainer.Builder failing =
          SftTrainer.builder(base, arguments(1).build())
              .peft(lora("all-linear"))
              .trainDataset(rows())
              .callback(onlooker);
      SftTrainer.Builder refused =
          SftTrainer.builder(
                  base, arguments(1).training(t -> t.evalStrategy(IntervalStrategy.EPOCH)).build())
              .peft(lora("all-linear"))
              .trainDataset(rows());

      assertThatThrownBy(() -> new OwnTrainer(failing)).hasMessageContaining("not today");
      assertThat(trainable(base)).isEqualTo(before);
      assertThatThrownBy(() -> new OwnTrainer(refused)).hasMessageContaining("evalDataset");
      assertThat(trainable(base)).isEqualTo(before);
      assertThat(onlooker.adapter).isNotEmpty().allMatch(NDArray::isReleased);
    }
  }

  @Test
  void adaptersThatATrainerAddedCloseWithIt() {
    try (PretrainedModel base = model()) {
      for (int run = 0; run < 2; run++) { // One trainer behind the other, on the same base.
        Onlooker onlooker = new Onlooker(false);
        try (SftTrainer trainer =
            SftTrainer.builder(base, arguments(1).build())
                .peft(lora("all-linear"))
                .trainDataset(rows())
                .callback(onlooker)
                .build()) {
          trainer.train();
          assertThat(onlooker.adapter).isNotEmpty().noneMatch(NDArray::isReleased);
        }
        assertThat(onlooker.adapter).allMatch(NDArray::isReleased);
      }
      long[][] prompt = {{5, 6}};
      GenerationConfig two = base.generationConfig().toBuilder().maxNewTokens(2).build();
      assertThat(base.generate(prompt, two).newTokens()[0]).isNotEmpty(); // It lives on.
    }
  }

  @Test
  void adaptersThatATrainerWasGivenStayTheCallers() {
    try (PretrainedModel base = model();
        PeftModel adapted = PeftModel.of(base, lora("all-linear"))) {
      try (SftTrainer trainer =
          SftTrainer.builder(adapted, arguments(1).build()).trainDataset(rows()).build()) {
        trainer.train();
      }
      assertThat(adapted.parameters())
          .isNotEmpty()
          .noneMatch(parameter -> parameter.array().isReleased());
    }
  }

  @Test
  void aModelThatIsMadeForEachRunBeginsEachWithTheSameWeights() {
    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(FIGURES.resolve("model"));
        SftTrainer trainer =
            SftTrainer.builder(SftModelsTest::model, arguments(3).build())
                .peft(lora("all-linear"))
                .tokenizer(tokenizer)
                .trainDataset(rows())
                .build()) {
      trainer.train();
      List<Double> first = losses(trainer);
      trainer.train();

      assertThat(losses(trainer)).isEqualTo(first).hasSize(3).doesNotHaveDuplicates();
      assertThat(trainer.peftModel()).isPresent();
    }
  }

  private static List<Double> losses(SftTrainer trainer) {
    return trainer.state().logHistory().stream()
        .filter(line -> line.value("loss").isPresent())
        .map(line -> line.value("loss").getAsDouble())
        .toList();
  }

  @Test
  void predictionsAreWhatTheModelWritesBehindEachPromptAlone() throws IOException {
    try (PretrainedModel model = model();
        PretrainedTokenizer tokenizer = PretrainedTokenizer.load(FIGURES.resolve("model"));
        SftTrainer trainer =
            SftTrainer.builder(model, arguments(1).packing(true).evalPacking(false).build())
                .tokenizer(tokenizer)
                .trainDataset(rows())
                .generation(writing())
                .build();
        PredictionOutput output = trainer.predict(rows())) {
      long[] flat = output.predictions().toLongArray();
      GenerationConfig alone =
          model.generationConfig().toBuilder().maxNewTokens(NEW_TOKENS).build();
      for (int i = 0; i < rows().size(); i++) {
        int[] prompt = tokenizer.encode((String) rows().get(i).get("prompt")).inputIds();
        long[][] ids = {Arrays.stream(prompt).asLongStream().toArray()};
        long[] expected = model.generate(ids, alone).newTokens()[0];
        long[] written = Arrays.copyOfRange(flat, i * NEW_TOKENS, i * NEW_TOKENS + expected.length);
        assertThat(written).as("row %d", i).isEqualTo(expected);
      }
    }
  }

  /** The order of an evaluation is seen by its metrics; that of a prediction is the rows' own, as above. */
  @Test
  void evaluationsReadTheLongestPromptsFirst() {
    List<Integer> references = new ArrayList<>();
    try (PretrainedModel model = model();
        SftTrainer trainer =
            SftTrainer.builder(model, arguments(1).build())
                .trainDataset(rows())
                .evalDataset(rows())
                .generation(writing())
                .computeMetrics(
                    (EvalPrediction prediction) -> {
                      long[] labels = prediction.labelIds().toLongArray();
                      int width = labels.length / 4;
                      for (int i = 0; i < 4; i++) {
                        references.add(
                            (int)
                                Arrays.stream(labels, i * width, (i + 1) * width)
                                    .filter(label -> label >= 0)
                                    .count());
                      }
                      return Map.of("seen", 1.0);
                    })
                .build()) {
      EvaluationOutput output = trainer.evaluate();

      assertThat(output.metrics()).containsKeys("eval_loss", "eval_seen");
      assertThat(references).isSortedAccordingTo((a, b) -> b - a).doesNotHaveDuplicates();
    }
  }

  @Test
  void rowsWithoutAPromptAreRefusedWhereTextsAreToBeWritten() {
    Dataset<Map<String, Object>> texts =
        Datasets.of(List.of(Map.of("text", "all of it is learned")));
    try (PretrainedModel model = model()) {
      assertThatThrownBy(
              () ->
                  SftTrainer.builder(model, arguments(1).build())
                      .trainDataset(rows())
                      .evalDataset(texts)
                      .generation(writing())
                      .build())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("no prompt to write on from");
      assertThatThrownBy(
              () ->
                  SftTrainer.builder(model, arguments(1).packing(true).build())
                      .trainDataset(rows())
                      .generation(writing())
                      .build())
          .hasMessageContaining("evalPacking");
    }
  }
}
