// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.docs;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.Dropout;
import dev.trainer4j.PredictionOutput;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.TrainOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.checkpoint.CheckpointFiles;
import dev.trainer4j.checkpoint.CheckpointStore;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.examples.snippets.Callbacks.DivergenceGuard;
import dev.trainer4j.examples.snippets.Callbacks.GradientNorms;
import dev.trainer4j.examples.snippets.Callbacks.StopAfter;
import dev.trainer4j.examples.snippets.FocalTrainer;
import dev.trainer4j.examples.snippets.Hooks.DroppingTrainer;
import dev.trainer4j.examples.snippets.Hooks.EasyFirstTrainer;
import dev.trainer4j.examples.snippets.Hooks.LargeEvaluationTrainer;
import dev.trainer4j.examples.snippets.Hooks.NoisyTrainer;
import dev.trainer4j.examples.snippets.Hooks.PerplexityTrainer;
import dev.trainer4j.examples.snippets.Hooks.ProbabilityTrainer;
import dev.trainer4j.examples.snippets.Hooks.RegularizedTrainer;
import dev.trainer4j.examples.snippets.Hooks.SignTrainer;
import dev.trainer4j.examples.snippets.Hooks.WeightedTrainer;
import dev.trainer4j.examples.snippets.Models;
import dev.trainer4j.examples.snippets.Models.LineModel;
import dev.trainer4j.examples.snippets.OwnMetrics;
import dev.trainer4j.examples.snippets.QuickStart;
import dev.trainer4j.examples.snippets.Samples;
import dev.trainer4j.examples.snippets.Searching;
import dev.trainer4j.examples.snippets.Watching;
import dev.trainer4j.model.BlockModel;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.search.BestRun;
import dev.trainer4j.search.SearchResult;
import dev.trainer4j.search.SearchSpace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Runs what the docs show. */
final class SnippetsTest {
  private static final Dataset<Map<String, Object>> TRAIN = new Samples(640, 1).asMaps();
  private static final Dataset<Map<String, Object>> TEST = new Samples(128, 2).asMaps();

  @TempDir Path folder;

  private TrainingArguments.Builder arguments() {
    return TrainingArguments.builder()
        .outputDir(folder)
        .useCpu(true)
        .numTrainEpochs(1)
        .perDeviceTrainBatchSize(64)
        .learningRate(1e-2)
        .loggingSteps(1)
        .saveStrategy(IntervalStrategy.NO);
  }

  private Trainer.Builder builder() {
    return Trainer.builder(QuickStart.classifier(4), arguments().build())
        .trainDataset(TRAIN)
        .evalDataset(TEST);
  }

  @Test
  void theProgramOfTheReadmeLearns() throws IOException {
    QuickStart.train(folder, QuickStart.classifier(4), TRAIN, TEST);

    Path newest = new CheckpointStore(folder).latestValid().orElseThrow();
    assertThat(new CheckpointFiles(newest).readState().bestMetric()).isGreaterThan(0.8);
    assertThat(folder.resolve("final/model.safetensors")).exists();
  }

  @Test
  void goesOnWithTheLatestCheckpointOrStarts() throws IOException {
    TrainingArguments args = arguments().saveStrategy(IntervalStrategy.EPOCH).build();
    for (int run = 0; run < 2; run++) {
      try (Trainer trainer =
          Trainer.builder(QuickStart.classifier(4), args).trainDataset(TRAIN).build()) {
        QuickStart.goOn(trainer);
        assertThat(trainer.state().globalStep()).isEqualTo(10);
      }
    }
  }

  @TestFactory
  Stream<DynamicTest> everyHookTrains() {
    Map<String, Function<Trainer.Builder, Trainer>> trainers =
        Map.of(
            "getTrainDataLoader", builder -> new EasyFirstTrainer(builder, TRAIN),
            "createOptimizer", SignTrainer::new,
            "createScheduler", DroppingTrainer::new,
            "trainingStep", NoisyTrainer::new,
            "parts", RegularizedTrainer::new,
            "getEvalDataLoader", LargeEvaluationTrainer::new,
            "predictionStep", ProbabilityTrainer::new,
            "log", PerplexityTrainer::new);
    return trainers.entrySet().stream()
        .map(
            entry ->
                DynamicTest.dynamicTest(
                    entry.getKey(), () -> assertTrains(entry.getValue().apply(builder()))));
  }

  private static void assertTrains(Trainer opened) {
    try (Trainer trainer = opened) {
      double before = trainer.evaluate().metric("loss");
      trainer.train();
      assertThat(trainer.evaluate().metric("loss")).isLessThan(before);
    }
  }

  @Test
  void hooksDoWhatTheySay() {
    try (Trainer trainer = new RegularizedTrainer(builder())) {
      trainer.train();
      assertThat(trainer.state().logHistory().get(0).values()).containsKey("logit_size");
    }
    try (Trainer trainer = new PerplexityTrainer(builder())) {
      trainer.evaluate();
      assertThat(trainer.state().logHistory().get(0).values()).containsKey("eval_perplexity");
    }
    try (Trainer trainer = new DroppingTrainer(builder())) {
      trainer.train();
      assertThat(trainer.state().logHistory().get(8).value("learning_rate")).hasValue(1e-2 * 0.1);
    }
    try (Trainer trainer = new ProbabilityTrainer(builder());
        PredictionOutput predictions = trainer.predict(TEST)) {
      assertThat(predictions.predictions().sum(new int[] {1}).toFloatArray())
          .hasSize(128)
          .usingComparatorWithPrecision(1e-5f)
          .containsOnly(1f);
    }
  }

  @Test
  void samplesOfWeightZeroTeachNothing() {
    Dataset<Map<String, Object>> weighted =
        Datasets.of(
            IntStream.range(0, 200)
                .mapToObj(
                    i ->
                        Map.<String, Object>of(
                            "features",
                            new float[] {1, i % 2},
                            "labels",
                            i % 2,
                            "weights",
                            (float) (i % 2)))
                .toList());
    TrainingArguments args = arguments().numTrainEpochs(20).labelNames("labels", "weights").build();
    try (Trainer trainer =
            new WeightedTrainer(
                Trainer.builder(QuickStart.classifier(2), args)
                    .trainDataset(weighted)
                    .evalDataset(weighted));
        PredictionOutput predictions = run(trainer, weighted)) {
      assertThat(predictions.predictions().argMax(1).toLongArray()).containsOnly(1);
    }
  }

  @Test
  void aTrainerWithABuilderOfItsOwnTrainsAndItsSettingsAreCopied() {
    Block model = QuickStart.classifier(4);
    FocalTrainer.Builder plain =
        FocalTrainer.of(model, arguments().build()).gamma(0).evalDataset(TEST);
    try (FocalTrainer crossEntropy = plain.build();
        FocalTrainer copy = plain.withArgs(arguments().seed(7).build()).build();
        FocalTrainer focal =
            FocalTrainer.of(model, arguments().build())
                .trainDataset(TRAIN)
                .evalDataset(TEST)
                .gamma(3)
                .build()) {
      double loss = crossEntropy.evaluate().metric("loss");
      assertThat(copy.evaluate().metric("loss")).isEqualTo(loss);
      assertThat(focal.evaluate().metric("loss")).isLessThan(loss);
      focal.train();
      assertThat(crossEntropy.evaluate().metric("loss")).isLessThan(loss);
    }
  }

  private static PredictionOutput run(Trainer trainer, Dataset<?> data) {
    trainer.train();
    return trainer.predict(data);
  }

  @Test
  void ownOptimizersResume() {
    TrainingArguments args = arguments().saveStrategy(IntervalStrategy.STEPS).saveSteps(5).build();
    Trainer.Builder builder =
        Trainer.builder(QuickStart.classifier(4), args).trainDataset(TRAIN).evalDataset(TEST);
    double whole;
    try (Trainer trainer = new SignTrainer(builder)) {
      trainer.train();
      whole = trainer.evaluate().metric("loss");
    }
    try (Trainer trainer =
        new SignTrainer(
            Trainer.builder(QuickStart.classifier(4), args)
                .trainDataset(TRAIN)
                .evalDataset(TEST))) {
      trainer.train(ResumeFrom.path(folder.resolve("checkpoint-5")));
      assertThat(trainer.evaluate().metric("loss")).isEqualTo(whole);
    }
  }

  @Test
  void callbacksDoWhatTheySay() {
    GradientNorms norms = new GradientNorms();
    try (Trainer trainer =
        Trainer.builder(QuickStart.classifier(4), arguments().numTrainEpochs(3).build())
            .trainDataset(TRAIN)
            .callback(new StopAfter())
            .callback(norms)
            .callback(new DivergenceGuard(100))
            .build()) {
      assertThat(trainer.train()).extracting(TrainOutput::globalStep).isEqualTo(10L);
      assertThat(norms.norms())
          .hasSize(4)
          .allSatisfy((name, norm) -> assertThat(norm).isPositive());
    }
  }

  @Test
  void modelsOfAllKindsTrain() throws IOException {
    TrainingArguments args = arguments().saveStrategy(IntervalStrategy.EPOCH).build();
    Models.djlModel(QuickStart.classifier(4), args, TRAIN);
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      Models.load(QuickStart.classifier(4), folder.resolve("checkpoint-10"), manager);
    }
    Models.function(args, TRAIN);
  }

  @Test
  void theLineIsFound() {
    Dataset<Map<String, Object>> line =
        Datasets.of(
            IntStream.range(0, 64)
                .mapToObj(
                    i ->
                        Map.<String, Object>of(
                            "x", new float[] {i / 64f}, "labels", new float[] {2 * i / 64f + 1}))
                .toList());
    try (LineModel model = new LineModel();
        Trainer trainer =
            Trainer.builder(model, arguments().numTrainEpochs(300).learningRate(0.05).build())
                .trainDataset(line)
                .evalDataset(line)
                .computeMetrics(OwnMetrics.meanAbsoluteError())
                .build()) {
      trainer.train();
      assertThat(trainer.evaluate().metric("mae")).isLessThan(0.05);
    }
  }

  @Test
  void ownDataAndMetricsWork() throws IOException {
    Path file = folder.resolve("points.csv");
    Files.write(file, List.of("x,y,quarter", "0.5,0.5,3", "-0.5,0.5,2"));
    assertThat(Samples.fromCsv(file).get(1)).containsEntry("labels", 2).hasSize(2);

    try (Trainer trainer =
        new LargeEvaluationTrainer(
            Trainer.builder(QuickStart.classifier(4), arguments().build())
                .trainDataset(new Samples(640, 1))
                .evalDataset(new Samples(2048, 2))
                .dataCollator(new Samples.Collator())
                .computeMetrics(OwnMetrics.whole()))) {
      trainer.train();
      assertThat(trainer.evaluate().metric("accuracy")).isBetween(0.3, 1.0);
    }
  }

  @Test
  void watchingWritesAReportAndARangeTest() throws IOException {
    Trainer.Builder builder =
        Trainer.builder(QuickStart.classifier(4), arguments().build()).trainDataset(TRAIN);

    assertThat(Watching.findRate(builder, folder)).isNotNull();
    try (Trainer trainer = builder.callback(Watching.report()).build()) {
      trainer.train();
    }

    assertThat(folder.resolve("learning-rate.png")).isNotEmptyFile();
    assertThat(folder.resolve("learning-rate.csv")).isNotEmptyFile();
    assertThat(folder.resolve("run-7.html")).content().contains("<h1>Rings, run 7</h1>");
  }

  private static TrainableModel linear(double dropout) {
    Block network =
        new SequentialBlock()
            .add(Linear.builder().setUnits(8).build())
            .add(Dropout.builder().optRate((float) dropout).build())
            .add(Linear.builder().setUnits(4).build());
    return new BlockModel(
        network, NDManager.newBaseManager(Device.cpu(), "PyTorch"), List.of("labels"));
  }

  @Test
  void searchesForHyperparameters() {
    TrainingArguments args =
        arguments().evalStrategy(IntervalStrategy.EPOCH).outputDir(folder.resolve("a")).build();
    BestRun best = Searching.byTrainer(() -> linear(0), args, TRAIN, TEST);
    assertThat(best.objective()).isLessThan(1.2);
    SearchResult full =
        Searching.inFull(
            SnippetsTest::linear,
            args.toBuilder().outputDir(folder.resolve("b")).build(),
            TRAIN,
            TEST);
    assertThat(full.trials()).hasSize(12);
    SearchSpace space = SearchSpace.builder().choice("learning_rate", 1e-4, 1e-2).build();
    assertThat(
            Searching.severalDirections(
                args.toBuilder().outputDir(folder.resolve("c")).build(),
                space,
                () -> linear(0),
                TRAIN,
                TEST))
        .isNotEmpty();
  }
}
