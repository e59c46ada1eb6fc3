// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.Dropout;
import dev.trainer4j.EvaluationOutput;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.metrics.Metrics;
import dev.trainer4j.model.BlockModel;
import dev.trainer4j.model.FunctionModel;
import dev.trainer4j.model.Losses;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.TorchScriptModel;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.Crash;
import dev.trainer4j.testing.Natives;
import dev.trainer4j.testing.TestDevice;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.Values;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every kind of model that the builder takes trains, saves and resumes. */
class ModelsTest {

  @TempDir Path outputDir;

  private TrainingArguments.Builder args() {
    return TrainingArguments.builder()
        .outputDir(outputDir)
        .maxSteps(12)
        .perDeviceTrainBatchSize(8)
        .learningRate(0.05)
        .loggingSteps(1)
        .useCpu(true)
        .saveStrategy(IntervalStrategy.NO);
  }

  private static Trainer.Builder withData(Trainer.Builder builder) {
    return builder
        .trainDataset(TinyData.points(64, 1))
        .evalDataset(TinyData.points(64, 2))
        .computeMetrics(Metrics.accuracy());
  }

  private static SequentialBlock block() {
    return new SequentialBlock()
        .add(Linear.builder().setUnits(16).build())
        .add(BatchNorm.builder().build())
        .add(Activation::relu)
        .add(Dropout.builder().optRate(0.2f).build())
        .add(Linear.builder().setUnits(3).build());
  }

  private static Map<String, List<Double>> values(Block block) {
    Map<String, List<Double>> values = new LinkedHashMap<>();
    block
        .getParameters()
        .forEach(entry -> values.put(entry.getKey(), Values.of(entry.getValue().getArray())));
    return values;
  }

  @Test
  void aBlockIsInitializedFromTheFirstBatchAndTheSeed() {
    List<Map<String, List<Double>>> runs = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      SequentialBlock block = block();
      try (Trainer trainer = withData(Trainer.builder(block, args().build())).build()) {
        double before = trainer.evaluate().metric("loss");
        trainer.train();
        assertThat(trainer.evaluate().metric("loss")).isLessThan(before);
        runs.add(values(block));
      }
    }
    assertThat(runs.get(1)).isEqualTo(runs.get(0));
  }

  @Test
  void aBlockThatWasInitializedStaysUsableWhenTheTrainerIsClosed() {
    try (NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch")) {
      SequentialBlock block = block();
      block.initialize(manager, DataType.FLOAT32, new Shape(1, TinyData.FEATURES));
      Map<String, List<Double>> before = values(block);
      try (Trainer trainer = withData(Trainer.builder(block, args().build())).build()) {
        trainer.train();
      }
      assertThat(values(block)).isNotEqualTo(before);
    }
  }

  @Test
  void theTableOfAnEmbeddingIsALookupAndALinearLayerIsNone() {
    try (NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch")) {
      SequentialBlock block =
          new SequentialBlock()
              .add(
                  ai.djl.modality.nlp.embedding.TrainableWordEmbedding.builder()
                      .setEmbeddingSize(4)
                      .setVocabulary(
                          new ai.djl.modality.nlp.DefaultVocabulary(List.of("a", "b", "c")))
                      .build())
              .add(Linear.builder().setUnits(3).build());
      block.initialize(manager, DataType.FLOAT32, new Shape(2, 5));
      BlockModel model = new BlockModel(block, manager, List.of("labels"));
      assertThat(model.state().keySet().stream().filter(model::isLookup))
          .singleElement()
          .satisfies(
              name -> assertThat(model.state().get(name).getShape()).isEqualTo(new Shape(3, 4)));
    }
  }

  @Test
  void frozenParametersStay() {
    try (NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch")) {
      SequentialBlock block = block();
      block.initialize(manager, DataType.FLOAT32, new Shape(1, TinyData.FEATURES));
      Parameter frozen = block.getParameters().get(0).getValue();
      frozen.freeze(true);
      List<Double> before = Values.of(frozen.getArray());
      try (Trainer trainer = withData(Trainer.builder(block, args().build())).build()) {
        trainer.train();
        assertThat(Values.of(frozen.getArray())).isEqualTo(before);
        assertThat(trainer.model().parameters()).hasSize(5);
      }
    }
  }

  @Test
  void runningStatisticsAreLearnedSavedAndRestored() {
    TrainingArguments.Builder saving = args().saveStrategy(IntervalStrategy.STEPS).saveSteps(1);
    Map<String, List<Double>> whole;
    SequentialBlock first = block();
    try (Trainer trainer =
        withData(Trainer.builder(first, saving.outputDir(outputDir.resolve("whole")).build()))
            .build()) {
      trainer.train();
      whole = values(first);
    }
    assertThat(whole)
        .anySatisfy(
            (name, values) -> {
              assertThat(name).contains("runningMean");
              assertThat(values).doesNotContain(0.0);
            });

    TrainingArguments crashed = saving.outputDir(outputDir.resolve("crashed")).build();
    try (Trainer trainer =
        withData(Trainer.builder(block(), crashed)).callback(Crash.after(5)).build()) {
      assertThatThrownBy(trainer::train).hasMessageContaining("crash");
    }
    SequentialBlock resumed = block();
    try (Trainer trainer = withData(Trainer.builder(resumed, crashed)).build()) {
      trainer.train(ResumeFrom.latest());
      assertThat(values(resumed)).isEqualTo(whole);
    }
  }

  @Test
  void aDjlModelStaysItsOwners() {
    try (Model model = Model.newInstance("tiny", TestDevice.get(), "PyTorch")) {
      model.setBlock(block());
      long before;
      try (Trainer trainer = withData(Trainer.builder(model, args().build())).build()) {
        trainer.train();
        before = Natives.arrays();
      }
      assertThat(Natives.arrays()).isLessThanOrEqualTo(before);
      assertThat(values(model.getBlock())).isNotEmpty();
    }
  }

  @Test
  void aDjlModelWithoutABlockIsRefused() {
    try (Model model = Model.newInstance("empty", Device.cpu(), "PyTorch")) {
      assertThatThrownBy(() -> Trainer.builder(model, args().build()).build())
          .hasMessageContaining("no block")
          .hasMessageContaining("setBlock");
    }
  }

  /** PyTorch leaves a parameter alone until a loss depends on it, and trains it from then on. */
  @Test
  void aParameterMayJoinLater() {
    try (NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch")) {
      NDArray weight = manager.ones(new Shape(TinyData.FEATURES, TinyData.CLASSES));
      NDArray late = manager.zeros(new Shape(TinyData.CLASSES));
      NDArray never = manager.ones(new Shape(2));
      Map<String, NDArray> parameters = new LinkedHashMap<>();
      parameters.put("never", never);
      parameters.put("late", late);
      parameters.put("weight", weight);
      int[] calls = new int[1];
      FunctionModel model =
          new FunctionModel(
              parameters,
              manager,
              (inputs, training) -> {
                NDArray logits = inputs.get("x").matMul(weight);
                return ModelOutput.logits(calls[0]++ < 3 ? logits : logits.add(late));
              });
      List<List<Double>> lateAfter = new ArrayList<>();
      TrainerCallback look =
          new TrainerCallback() {
            @Override
            public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
              lateAfter.add(Values.of(late));
            }
          };
      try (Trainer trainer =
          Trainer.builder(model, args().maxSteps(6).weightDecay(0.1).build())
              .trainDataset(TinyData.points(64, 1))
              .callback(look)
              .build()) {
        trainer.train();
      }
      assertThat(lateAfter.subList(0, 3)).allSatisfy(v -> assertThat(v).containsOnly(0.0));
      assertThat(lateAfter.get(3)).doesNotContain(0.0);
      assertThat(lateAfter.get(4)).isNotEqualTo(lateAfter.get(3));
      assertThat(Values.of(never)).containsOnly(1.0);
      assertThat(Values.of(weight)).doesNotContain(1.0);
    }
  }

  // --------------------------------------------------------------------------- TorchScript

  /** Linear(6,12), BatchNorm, ReLU, Dropout(0.5), Linear(12,3): scripted and saved by PyTorch. */
  private static TorchScriptModel torchScript() throws IOException {
    try {
      Path file = Path.of(ModelsTest.class.getResource("/torchscript/net.pt").toURI());
      return TorchScriptModel.load(file, TestDevice.get(), "x");
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aTorchScriptFileTrains() throws IOException {
    try (TorchScriptModel model = torchScript();
        Trainer trainer = withData(Trainer.builder(model, args().build())).build()) {
      double before = trainer.evaluate().metric("loss");
      trainer.train();
      assertThat(trainer.evaluate().metric("loss")).isLessThan(before);
    }
  }

  @Test
  void aTorchScriptFilesDropoutIsOnInTheVeryFirstForwardAndOffInEvaluation() throws IOException {
    try (TorchScriptModel model = torchScript()) {
      // All rows are equal: without dropout so are all outputs.
      ModelInputs inputs =
          ModelInputs.of("x", model.manager().ones(new Shape(64, TinyData.FEATURES)));
      assertThat(distinctRows(model.forward(inputs, true))).isGreaterThan(1);
      assertThat(distinctRows(model.forward(inputs, false))).isEqualTo(1);
      assertThat(distinctRows(model.forward(inputs, true))).isGreaterThan(1);
    }
  }

  private static long distinctRows(ModelOutput output) {
    List<Double> values = Values.of(output.logits());
    List<List<Double>> rows = new ArrayList<>();
    for (int i = 0; i < values.size(); i += TinyData.CLASSES) {
      rows.add(values.subList(i, i + TinyData.CLASSES));
    }
    return rows.stream().distinct().count();
  }

  @Test
  void aLinkInPlaceOfASavedTorchScriptFileIsReplacedAndNotFollowed() throws IOException {
    Path precious = Files.writeString(outputDir.resolve("precious"), "precious");
    Path saved = Files.createSymbolicLink(outputDir.resolve("model.pt"), precious);
    try (TorchScriptModel model = torchScript()) {
      model.saveExtras(outputDir);
    }
    assertThat(precious).hasContent("precious");
    assertThat(Files.isSymbolicLink(saved)).isFalse();
    TorchScriptModel.load(saved, TestDevice.get(), "x").close();
  }

  /** Running statistics are buffers: an evaluation after the resume depends on them. */
  @Test
  void aTorchScriptFilesBuffersSurviveCheckpointAndResume() throws IOException {
    TrainingArguments.Builder saving = args().saveStrategy(IntervalStrategy.STEPS).saveSteps(1);
    Map<String, List<Double>> weights;
    EvaluationOutput whole;
    try (TorchScriptModel model = torchScript();
        Trainer trainer =
            withData(Trainer.builder(model, saving.outputDir(outputDir.resolve("whole")).build()))
                .build()) {
      trainer.train();
      whole = trainer.evaluate();
      weights = Values.of(model.state());
    }
    TrainingArguments crashed = saving.outputDir(outputDir.resolve("crashed")).build();
    try (TorchScriptModel model = torchScript();
        Trainer trainer =
            withData(Trainer.builder(model, crashed)).callback(Crash.after(5)).build()) {
      assertThatThrownBy(trainer::train).hasMessageContaining("crash");
    }
    try (TorchScriptModel model = torchScript();
        Trainer trainer = withData(Trainer.builder(model, crashed)).build()) {
      trainer.train(ResumeFrom.latest());
      assertThat(Values.of(model.state())).isEqualTo(weights);
      assertThat(trainer.evaluate().metric("loss")).isEqualTo(whole.metric("loss"));
    }
  }

  @Test
  void aFileThatIsNoTorchScriptIsRefused() throws IOException {
    Path file = Files.writeString(outputDir.resolve("bad.pt"), "not a model");
    assertThatThrownBy(() -> TorchScriptModel.load(file, TestDevice.get(), "x"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("bad.pt");
    assertThatThrownBy(() -> TorchScriptModel.load(outputDir.resolve("none.pt"), "x"))
        .hasMessageContaining("none.pt");
  }

  @Test
  void aFunctionMayComputeItsOwnLoss() {
    try (NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch")) {
      NDArray weight = manager.zeros(new Shape(TinyData.FEATURES, TinyData.CLASSES));
      FunctionModel model =
          new FunctionModel(
              Map.of("weight", weight),
              manager,
              (inputs, training) -> {
                NDArray logits = inputs.get("x").matMul(weight);
                return ModelOutput.logits(logits)
                    .withLoss(Losses.crossEntropy(logits, inputs.get("labels")));
              });
      try (Trainer trainer = withData(Trainer.builder(model, args().build())).build()) {
        trainer.train();
        // All weights were zero: the first loss is that of guessing.
        assertThat(trainer.state().logHistory().get(0).value("loss").getAsDouble())
            .isCloseTo(Math.log(3), org.assertj.core.api.Assertions.within(1e-6));
        assertThat(trainer.evaluate().metric("accuracy")).isGreaterThan(0.6);
      }
    }
  }
}
