// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.ParityModels;
import dev.trainer4j.transformers.PeftModel;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What cannot be fine-tuned is told before the first update, with what to do. */
class RefusedSftTest extends SftRuns {

  @Test
  void aMetricNobodyGivesIsRefusedBeforeTheFirstUpdate() throws IOException {
    SftArguments args =
        arguments(
                t ->
                    t.maxSteps(1)
                        .evalStrategy(IntervalStrategy.STEPS)
                        .metricForBestModel("perplexity"))
            .build();
    try (PretrainedModel base = model();
        SftTrainer trainer =
            SftTrainer.builder(base, args).trainDataset(texts()).evalDataset(texts()).build()) {
      assertThatThrownBy(trainer::train)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("eval_entropy");
    }
  }

  @Test
  void anAdapterThatIsThereAlreadyTakesNoSecondOne() throws IOException {
    try (PretrainedModel base = model();
        PeftModel adapted = PeftModel.of(base, lora())) {
      assertThatThrownBy(
              () ->
                  SftTrainer.builder(adapted, arguments(t -> t).build())
                      .peft(lora())
                      .trainDataset(texts())
                      .build())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("peft", "default", "mergeAndUnload");
    }
  }

  @Test
  void aModelOfWhichNothingIsTrainedIsRefused() throws IOException {
    try (PretrainedModel base = model()) {
      base.freeze("model", "lm_head");
      assertThatThrownBy(
              () ->
                  SftTrainer.builder(base, arguments(t -> t).build()).trainDataset(texts()).build())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("nothing that is trained");
    }
  }

  @Test
  void whatIsMissingOrContradictoryIsToldTogether() throws IOException {
    try (PretrainedModel base = model()) {
      assertThatThrownBy(
              () ->
                  SftTrainer.builder(base, arguments(t -> t.labelSmoothingFactor(0.1)).build())
                      .computeLossFunc((outputs, inputs) -> LossOutput.mean(outputs.logits()))
                      .build())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll(
              "trainDataset: missing",
              "labelSmoothingFactor: 0.1",
              "computeLossFunc",
              "LossType.NLL");
    }
  }

  @Test
  void rowsThatAreNoMapsAndModelsThatWriteNothingAreRefused() throws IOException {
    try (PretrainedModel base = model()) {
      assertThatThrownBy(
              () ->
                  SftTrainer.builder(base, arguments(t -> t).build())
                      .trainDataset(Datasets.of(List.of("a text")))
                      .build())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("train", "java.lang.String", "map(");
    }
    try (PretrainedModel classifier =
        AutoModels.load(
            FIGURES.resolve("model"),
            Task.SEQUENCE_CLASSIFICATION,
            ParityModels.cpu().withNewHead(true))) {
      assertThatThrownBy(
              () ->
                  SftTrainer.builder(classifier, arguments(t -> t).build())
                      .trainDataset(texts())
                      .build())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("AutoModels.causalLm");
    }
  }

  @Test
  void aModelOfNoFolderNeedsATokenizer() {
    Map<String, Object> config =
        Map.of(
            "model_type", "llama",
            "vocab_size", 320,
            "hidden_size", 16,
            "num_hidden_layers", 1,
            "num_attention_heads", 2,
            "intermediate_size", 16);
    try (PretrainedModel model =
        AutoModels.fromConfig(PretrainedConfig.of(config), Task.CAUSAL_LM, ParityModels.cpu())) {
      assertThatThrownBy(
              () ->
                  SftTrainer.builder(model, arguments(t -> t).build())
                      .trainDataset(texts())
                      .build())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("tokenizer: missing", "PretrainedTokenizer.load");
    }
  }
}
