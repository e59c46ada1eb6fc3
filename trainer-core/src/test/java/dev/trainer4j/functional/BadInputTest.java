// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.InvalidArgumentsException;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.IterableDataset;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.metrics.Metrics;
import dev.trainer4j.model.FunctionModel;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.testing.TinyData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each mistake is one error that names the thing and the remedy, and leaves nothing behind. */
@Tag("context") // a wrong label that got through would end CUDA for its process
class BadInputTest extends TinyTrainings {

  @Test
  void aStreamWithoutMaxSteps() {
    IterableDataset<Map<String, Object>> stream = epoch -> TinyData.list(8, 1).iterator();
    assertTrainingFails(
        trainer(args().maxSteps(-1)).trainDataset(stream), "no length", "set maxSteps");
  }

  @Test
  void emptyTrainingData() {
    assertTrainingFails(
        trainer(args()).trainDataset(Datasets.of(List.of())), "training data is empty");
    IterableDataset<Map<String, Object>> stream =
        epoch -> List.<Map<String, Object>>of().iterator();
    assertTrainingFails(trainer(args()).trainDataset(stream), "training data gave no batch");
  }

  @Test
  void noTrainingData() {
    assertTrainingFails(
        Trainer.builder(model.model(), args().build()), "no training data", "trainDataset");
  }

  @Test
  void allTrainingDataDropped() {
    assertTrainingFails(
        trainer(args().perDeviceTrainBatchSize(64).dataloaderDropLast(true)),
        "22 samples",
        "batch size is 64",
        "dataloaderDropLast");
  }

  @Test
  void emptyEvaluationData() {
    assertFails(
        trainer(args()).evalDataset(Datasets.of(List.of())),
        Trainer::evaluate,
        "evaluation data is empty");
    assertFails(
        trainer(args()),
        trainer -> trainer.predict(Datasets.of(List.of())),
        "evaluation data is empty");
  }

  @Test
  void evaluationWithoutData() {
    assertThatThrownBy(
            () ->
                Trainer.builder(model.model(), args().evalStrategy(IntervalStrategy.EPOCH).build())
                    .trainDataset(TinyData.points(22, 1))
                    .build())
        .hasMessageContaining("evalDataset")
        .hasMessageContaining("evalStrategy is EPOCH");
    assertFails(
        Trainer.builder(model.model(), args().build()),
        Trainer::evaluate,
        "no evaluation data",
        "evalDataset");
  }

  @ParameterizedTest
  @ValueSource(ints = {3, -1, 1_000_000})
  void aLabelOutOfRange(int label) {
    List<Map<String, Object>> data = new ArrayList<>(TinyData.list(22, 1));
    data.set(5, Map.of("x", new float[TinyData.FEATURES], "labels", label));
    assertTrainingFails(
        trainer(args()).trainDataset(Datasets.of(data)),
        "label " + label + " in row ",
        "is out of range",
        "3 classes");
  }

  @Test
  void labelsOfTheWrongType() {
    assertTrainingFails(
        trainer(args())
            .trainDataset(
                Datasets.of(List.of(Map.of("x", new float[TinyData.FEATURES], "labels", 0.5)))),
        "integer labels",
        "float32",
        "computeLossFunc");
  }

  @Test
  void noLabels() {
    assertTrainingFails(
        trainer(args())
            .trainDataset(Datasets.of(List.of(Map.of("x", new float[TinyData.FEATURES])))),
        "no loss",
        "[labels]",
        "set labelNames");
  }

  @Test
  void everyLabelIgnored() {
    List<Map<String, Object>> data =
        TinyData.list(22, 1).stream()
            .map(sample -> Map.of("x", sample.get("x"), "labels", (Object) Integer.valueOf(-100)))
            .toList();
    assertTrainingFails(
        trainer(args()).trainDataset(Datasets.of(data)), "update 1", "every label is -100");
  }

  @Test
  void raggedRows() {
    List<Map<String, Object>> data = new ArrayList<>(TinyData.list(22, 1));
    data.set(5, Map.of("x", new float[TinyData.FEATURES + 1], "labels", 0));
    assertTrainingFails(trainer(args()).trainDataset(Datasets.of(data)), "samples", "5", "x");
  }

  @SuppressWarnings("NullAway") // what data may hold
  @Test
  void samplesThatAreNull() {
    List<Map<String, Object>> holed = new ArrayList<>(TinyData.list(3, 1));
    holed.set(1, null);
    assertThatThrownBy(() -> Datasets.of(holed))
        .hasMessageContaining("sample 1 of the list is null");
    assertTrainingFails(
        trainer(args()).trainDataset(TinyData.points(8, 1).map(sample -> null)),
        "No batch can be made of samples",
        "sample 0 of the batch is null",
        "filter");
  }

  @Test
  void samplesThatTheCollatorDoesNotTake() {
    assertTrainingFails(
        trainer(args()).trainDataset(Datasets.of(List.of("a text", "another"))),
        "class java.lang.String",
        "DefaultDataCollator",
        "pass a dataCollator");
  }

  @Test
  void aCollatorThatGivesNothing() {
    DataCollator<Object> none = (samples, manager) -> ModelInputs.empty();
    assertTrainingFails(trainer(args()).dataCollator(none), "collator", "gave no inputs");
  }

  @Test
  void aCollatorWithoutTheModelsInput() {
    DataCollator<Object> other =
        (samples, manager) ->
            ModelInputs.of("y", manager.zeros(new Shape(samples.size(), 1)))
                .with("labels", manager.zeros(new Shape(samples.size()), DataType.INT64));
    assertTrainingFails(trainer(args()).dataCollator(other), "no input 'x'", "[y, labels]");
  }

  @Test
  void aMetricThatNoEvaluationProduces() {
    assertTrainingFails(
        trainer(
                args()
                    .evalStrategy(IntervalStrategy.STEPS)
                    .evalSteps(1)
                    .metricForBestModel("f1")
                    .loadBestModelAtEnd(true))
            .computeMetrics(Metrics.accuracy()),
        "metricForBestModel is 'f1'",
        "eval_accuracy",
        "eval_loss");
  }

  @Test
  void wrongArgumentsAreAllReportedAtOnce() {
    assertThatThrownBy(
            () ->
                args().learningRate(-1).perDeviceTrainBatchSize(0).loadBestModelAtEnd(true).build())
        .isInstanceOf(InvalidArgumentsException.class)
        .hasMessageContaining("learningRate")
        .hasMessageContaining("perDeviceTrainBatchSize")
        .hasMessageContaining("loadBestModelAtEnd");
  }

  @Test
  void contradictoryParts() {
    assertThatThrownBy(
            () ->
                trainer(args().predictionLossOnly(true).labelSmoothingFactor(0.1))
                    .computeMetrics(Metrics.accuracy())
                    .computeLossFunc((outputs, inputs) -> LossOutput.mean(outputs.logits().sum()))
                    .build())
        .hasMessageContaining("predictionLossOnly")
        .hasMessageContaining("labelSmoothingFactor");
  }

  @Test
  void aLossThatDependsOnNoParameter() {
    assertTrainingFails(
        trainer(args())
            .computeLossFunc((outputs, inputs) -> LossOutput.mean(inputs.get("x").sum())),
        "depends on no trainable parameter",
        "toType");
  }

  @Test
  void aLossThatIsNoScalar() {
    assertTrainingFails(
        trainer(args()).computeLossFunc((outputs, inputs) -> LossOutput.mean(outputs.logits())),
        "must be a scalar",
        "(4, 3)");
  }

  @Test
  void aModelWithoutTrainableParameters() {
    FunctionModel empty =
        new FunctionModel(
            Map.of(), model.manager(), (inputs, training) -> ModelOutput.logits(inputs.get("x")));
    assertTrainingFails(
        Trainer.builder(empty, args().build()).trainDataset(TinyData.points(22, 1)),
        "no trainable parameters");
  }

  @Test
  void anOutputDirThatIsAFile() throws IOException {
    Path file = Files.writeString(outputDir.resolve("taken"), "x");
    assertTrainingFails(
        trainer(args().outputDir(file).saveStrategy(IntervalStrategy.STEPS).saveSteps(1)),
        file.toString(),
        "not a folder");
  }
}
