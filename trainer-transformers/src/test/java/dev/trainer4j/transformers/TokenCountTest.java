// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.TrainOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.InputTokenCount;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.SamplingStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.data.PaddingCollator;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How many tokens a run has read, and how many operations that took. */
class TokenCountTest {

  /** Batches of 2 in order: 10, 8 and 14 tokens with padding. */
  private static final int[] LENGTHS = {5, 3, 4, 2, 7, 6};

  private static final long ALL_OF_AN_EPOCH = 10 + 8 + 14;
  private static final long SHOWN_IN_AN_EPOCH = 5 + 3 + 4 + 2 + 7 + 6;

  /** Parameters of bert-classify that transformers counts as no embedding. */
  private static final double WITHOUT_EMBEDDINGS = 18307;

  @TempDir Path outputDir;

  /** The figures are {@code num_parameters(exclude_embeddings=True)} of transformers. */
  @ParameterizedTest
  @CsvSource({
    "bert-classify, SEQUENCE_CLASSIFICATION, 18307",
    "distilbert-classify, SEQUENCE_CLASSIFICATION, 18307",
    "bert-mlm, MASKED_LM, 18472",
    "gpt2, CAUSAL_LM, 25472",
    "llama, CAUSAL_LM, 28832",
    "t5, SEQ2SEQ_LM, 49536",
    "bart, SEQ2SEQ_LM, 42880"
  })
  void operationsAreSixForEachTokenAndParameterThatIsNoEmbedding(
      String name, Task task, long parameters) throws IOException {
    try (PretrainedModel model =
            AutoModels.load(ParityModels.ownFolder().resolve(name), task, ParityModels.cpu());
        NDManager manager = model.manager().newSubManager()) {
      ModelInputs inputs =
          ModelInputs.of("input_ids", manager.create(new long[15], new Shape(3, 5)));
      assertThat(model.floatingPointOperations(inputs)).isEqualTo(6.0 * 15 * parameters);
      // What is frozen is computed with all the same.
      model.freeze(".*");
      assertThat(model.floatingPointOperations(inputs)).isEqualTo(6.0 * 15 * parameters);
    }
  }

  private static List<Map<String, Object>> samples() {
    List<Map<String, Object>> samples = new ArrayList<>();
    for (int length : LENGTHS) {
      long[] ids = new long[length];
      Arrays.setAll(ids, i -> 5 + (i * 7 + length) % 90);
      samples.add(Map.of("input_ids", ids, "labels", length % 3));
    }
    return samples;
  }

  private TrainingArguments.Builder args(String name, InputTokenCount count) {
    return TrainingArguments.builder()
        .outputDir(outputDir.resolve(name))
        .useCpu(true)
        .numTrainEpochs(2)
        .perDeviceTrainBatchSize(2)
        .trainSamplingStrategy(SamplingStrategy.SEQUENTIAL)
        .includeNumInputTokensSeen(count)
        .loggingSteps(1)
        .saveStrategy(IntervalStrategy.STEPS)
        .saveSteps(2);
  }

  /** What a run has counted, and told. */
  private record Counted(TrainerState state, TrainOutput output) {
    List<Double> logged() {
      return state.logHistory().stream()
          .filter(line -> line.value("loss").isPresent())
          .flatMap(line -> line.value("num_input_tokens_seen").stream().boxed())
          .toList();
    }
  }

  private static Counted train(TrainingArguments args, ResumeFrom from) throws IOException {
    try (PretrainedModel model =
            AutoModels.load(
                ParityModels.ownFolder().resolve("bert-classify"),
                Task.SEQUENCE_CLASSIFICATION,
                ParityModels.cpu());
        Trainer trainer =
            Trainer.builder(model, args)
                .trainDataset(Datasets.of(samples()))
                .dataCollator(
                    PaddingCollator.builder().attentionMask("attention_mask", "input_ids").build())
                .build()) {
      TrainOutput output = trainer.train(from);
      return new Counted(trainer.state(), output);
    }
  }

  @Test
  void allCountsPaddingToo() throws IOException {
    Counted run = train(args("run", InputTokenCount.ALL).build(), ResumeFrom.never());
    assertThat(run.logged()).containsExactly(10., 18., 32., 42., 50., 64.);
    assertThat(run.state().numInputTokensSeen()).isEqualTo(2 * ALL_OF_AN_EPOCH);
    assertThat(run.output().metrics())
        .containsEntry("num_input_tokens_seen", 2. * ALL_OF_AN_EPOCH)
        .containsKey("train_tokens_per_second")
        .containsEntry("total_flos", 6 * 2 * ALL_OF_AN_EPOCH * WITHOUT_EMBEDDINGS);
  }

  @Test
  void nonPaddingCountsWhatTheMaskShows() throws IOException {
    Counted run = train(args("run", InputTokenCount.NON_PADDING).build(), ResumeFrom.never());
    assertThat(run.logged()).containsExactly(8., 14., 27., 35., 41., 54.);
    assertThat(run.state().numInputTokensSeen()).isEqualTo(2 * SHOWN_IN_AN_EPOCH);
    assertThat(run.state().totalFlos()).isEqualTo(6 * 2 * ALL_OF_AN_EPOCH * WITHOUT_EMBEDDINGS);
  }

  @Test
  void whatIsNotAskedForIsNotCounted() throws IOException {
    Counted run = train(args("run", InputTokenCount.NO).build(), ResumeFrom.never());
    assertThat(run.logged()).isEmpty();
    assertThat(run.state().numInputTokensSeen()).isZero();
    assertThat(run.output().metrics())
        .doesNotContainKeys("num_input_tokens_seen", "train_tokens_per_second");
    assertThat(run.state().totalFlos()).isEqualTo(6 * 2 * ALL_OF_AN_EPOCH * WITHOUT_EMBEDDINGS);
  }

  @Test
  void microBatchesOfAnUpdateAddUp() throws IOException {
    Counted run =
        train(
            args("run", InputTokenCount.ALL)
                .perDeviceTrainBatchSize(1)
                .gradientAccumulationSteps(2)
                .build(),
            ResumeFrom.never());
    assertThat(run.logged()).containsExactly(8., 14., 27., 35., 41., 54.);
  }

  @ParameterizedTest
  @CsvSource({"ALL", "NON_PADDING"})
  void aRunThatResumesCountsOn(InputTokenCount count) throws IOException {
    Counted whole = train(args("whole", count).build(), ResumeFrom.never());
    // The same plan, of which the first two updates are left out.
    Path checkpoint = outputDir.resolve("whole/checkpoint-2");
    Counted rest = train(args("rest", count).build(), ResumeFrom.path(checkpoint));
    assertThat(rest.logged()).isEqualTo(whole.logged());
    assertThat(rest.state().numInputTokensSeen()).isEqualTo(whole.state().numInputTokensSeen());
    assertThat(rest.state().totalFlos()).isEqualTo(whole.state().totalFlos());
  }
}
