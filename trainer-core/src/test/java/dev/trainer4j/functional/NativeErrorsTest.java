// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Blocks;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.metrics.ComputeMetrics;
import dev.trainer4j.metrics.StreamingMetrics;
import dev.trainer4j.model.FunctionModel;
import dev.trainer4j.model.LossFunction;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.Losses;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.TorchScriptModel;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What libtorch and DJL would say in their own words comes with ours above it: what was given, what was expected. */
class NativeErrorsTest {

  @TempDir Path outputDir;

  private TrainingArguments args() {
    return TrainingArguments.builder()
        .outputDir(outputDir)
        .maxSteps(2)
        .perDeviceTrainBatchSize(4)
        .perDeviceEvalBatchSize(4)
        .useCpu(true)
        .saveStrategy(IntervalStrategy.NO)
        .build();
  }

  /** Eight samples; each of {@code fields} is a name and a value. */
  private static List<Map<String, Object>> samples(Object... fields) {
    Map<String, Object> sample = new LinkedHashMap<>();
    for (int i = 0; i < fields.length; i += 2) {
      sample.put((String) fields[i], fields[i + 1]);
    }
    List<Map<String, Object>> all = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      all.add(sample);
    }
    return all;
  }

  private static void assertSays(Trainer.Builder builder, Runnables action, String... words) {
    try (Trainer trainer = builder.build()) {
      Throwable failure = catchThrowable(() -> action.run(trainer));
      assertThat(failure).isNotNull();
      assertThat(failure.getMessage())
          .contains(words)
          .hasLineCount(1)
          .doesNotContain("singletonOrThrow", "TorchScript interpreter", "Exception raised");
    }
  }

  /** What a trainer is asked for. */
  private interface Runnables {
    void run(Trainer trainer);
  }

  // ------------------------------------------------------------------------------------ blocks

  private static SequentialBlock block() {
    return new SequentialBlock()
        .add(Linear.builder().setUnits(5).build())
        .add(Activation::relu)
        .add(Linear.builder().setUnits(3).build());
  }

  @Test
  void anImageThatIsTooSmallForTheLayersIsToldByItsShape() {
    SequentialBlock block =
        new SequentialBlock()
            .add(Conv2d.builder().setKernelShape(new Shape(3, 3)).setFilters(2).build())
            .add(Blocks.batchFlattenBlock())
            .add(Linear.builder().setUnits(2).build());
    assertSays(
        Trainer.builder(block, args())
            .trainDataset(Datasets.of(samples("x", new float[1][2][2], "labels", 1))),
        Trainer::train,
        "the block does not take {x(4, 1, 2, 2) float32}");
  }

  private Trainer.Builder trained(SequentialBlock block) {
    try (Trainer trainer =
        Trainer.builder(block, args()).trainDataset(TinyData.points(8, 1)).build()) {
      trainer.train();
    }
    return Trainer.builder(block, args()).computeMetrics(p -> Map.of());
  }

  private static Object[] bad(String what) {
    return switch (what) {
      case "fewer features" -> new Object[] {"x", new float[5], "labels", 1};
      case "whole numbers" -> new Object[] {"x", new long[TinyData.FEATURES], "labels", 1};
      case "a matrix" ->
          new Object[] {"x", new float[][] {new float[5], new float[5]}, "labels", 1};
      default -> new Object[] {"id", 7, "x", new float[TinyData.FEATURES], "labels", 1};
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"fewer features", "whole numbers", "a matrix", "one field more"})
  void aBlockNamesTheFieldsWithShapesAndTypes(String what) {
    String given =
        switch (what) {
          case "fewer features" -> "{x(4, 5) float32}";
          case "whole numbers" -> "{x(4, 6) int64}";
          case "a matrix" -> "{x(4, 2, 5) float32}";
          default -> "{id(4) int64, x(4, 6) float32}";
        };
    String expected = "the block does not take " + given;
    String advice = "every input but the labels [labels], in this order";
    SequentialBlock block = block();
    Trainer.Builder builder =
        trained(block).trainDataset(Datasets.of(samples(bad(what)))); // as kernels
    assertSays(builder, Trainer::train, expected, advice);
    assertSays(builder, t -> t.evaluate(Datasets.of(samples(bad(what)))), expected, advice);
    // Somebody between forward and backward: recorded by autograd.
    LossFunction own = (outputs, in) -> Losses.crossEntropy(outputs.logits(), in.get("labels"));
    assertSays(builder.computeLossFunc(own), Trainer::train, expected, advice);
  }

  @Test
  void aBlockThatIsNotInitializedNamesThemToo() {
    assertSays(
        Trainer.builder(block(), args())
            .trainDataset(Datasets.of(samples("id", 7, "x", new float[6], "labels", 1))),
        Trainer::train,
        "the block does not take {id(4) int64, x(4, 6) float32}",
        "every input but the labels");
  }

  @Test
  void labelsOfAnotherShapeThanTheLogitsAreNamed() {
    assertSays(
        Trainer.builder(block(), args())
            .trainDataset(Datasets.of(samples("x", new float[6], "labels", new int[] {1, 0, 1}))),
        Trainer::train,
        "logits are (4, 3)",
        "labels are (4, 3) of int64",
        "computeLossFunc");
  }

  // --------------------------------------------------------------------------------- TorchScript

  private static TorchScriptModel torchScript() {
    try {
      Path file = Path.of(NativeErrorsTest.class.getResource("/torchscript/net.pt").toURI());
      return TorchScriptModel.load(file, Device.cpu(), "x");
    } catch (URISyntaxException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aTorchScriptModelNamesTheInputsInTheOrderOfItsArguments() {
    try (TorchScriptModel model = torchScript()) {
      Trainer.Builder builder = Trainer.builder(model, args());
      String order = "Its forward gets these in this order, that of inputNames";
      assertSays(
          builder.trainDataset(Datasets.of(samples("x", new float[5], "labels", 1))),
          Trainer::train,
          "the TorchScript model does not take {x(4, 5) float32}",
          order);
      assertSays(
          builder.trainDataset(Datasets.of(samples("x", new long[6], "labels", 1))),
          Trainer::train,
          "the TorchScript model does not take {x(4, 6) int64}",
          order);
      assertSays(
          builder.trainDataset(Datasets.of(samples("y", new float[6], "labels", 1))),
          Trainer::train,
          "inputNames [x]",
          "no 'x'",
          "[y, labels]");
    }
  }

  // ------------------------------------------------------------------------- losses and functions

  private static void assertLossSays(TrainingArguments args, LossFunction loss, String... words) {
    try (TinyModel model = new TinyModel(1, 0)) {
      assertSays(
          Trainer.builder(model.model(), args)
              .trainDataset(TinyData.points(8, 1))
              .computeLossFunc(loss),
          Trainer::train,
          words);
      assertSays(
          Trainer.builder(model.model(), args)
              .evalDataset(TinyData.points(8, 1))
              .computeLossFunc(loss),
          Trainer::evaluate,
          words);
    }
  }

  @SuppressWarnings("NullAway") // what users do
  @Test
  void aLossOfTheWrongKindIsNamed() {
    assertLossSays(args(), (o, in) -> null, "computeLossFunc returned null", "LossOutput.of");
    assertLossSays(
        args(),
        (o, in) -> LossOutput.of(o.logits().argMax(-1).sum(), 4),
        "the loss must be a floating point number, but is int64");
    assertLossSays(
        args(), (o, in) -> LossOutput.of(o.logits(), 4), "the loss must be a scalar", "(4, 3)");
    assertLossSays(
        args(),
        (o, in) -> LossOutput.of(o.logits().sum(), in.get("labels")),
        "its weight must be a scalar",
        "(4)");
    assertLossSays(
        args(),
        (o, in) -> LossOutput.mean(o.logits().sum()).part("kl", o.logits()),
        "the part 'kl' of a loss must be a scalar",
        "(4, 3)");
  }

  @Test
  void aLossFunctionThatLibtorchRefusesNamesWhatItGot() {
    assertLossSays(
        args(),
        (o, in) -> LossOutput.mean(o.logits().sub(in.get("labels")).sum()),
        "computeLossFunc failed for the outputs {logits(4, 3) float32} and inputs {",
        "labels(4) int64",
        "The size of tensor a (3) must match the size of tensor b (4)");
  }

  @Test
  void crossEntropyOfWholeNumbersIsRefusedInWords() {
    assertLossSays(
        args(),
        (o, in) -> Losses.crossEntropy(o.logits().toType(DataType.INT64, false), in.get("labels")),
        "cross entropy failed for logits (4, 3) int64 and labels (4) int64",
        "floating point logits");
  }

  @Test
  void aModelOfOnesOwnGetsASentenceWithItsInputs() {
    try (TinyModel tiny = new TinyModel(1, 0)) {
      FunctionModel model =
          new FunctionModel(
              tiny.parameters(),
              tiny.manager(),
              (in, training) ->
                  ModelOutput.logits(in.get("x").matMul(tiny.parameters().get("fc1.weight"))));
      assertSays(
          Trainer.builder(model, args()).trainDataset(TinyData.points(8, 1)),
          Trainer::train,
          "trainingStep failed for {",
          "x(4, 6) float32",
          "mat1 and mat2 shapes cannot be multiplied");
      assertSays(
          Trainer.builder(model, args()).evalDataset(TinyData.points(8, 1)),
          Trainer::evaluate,
          "predictionStep failed for {",
          "x(4, 6) float32");
    }
  }

  @SuppressWarnings("NullAway") // what users do
  @Test
  void nothingWhereALossOrOutputsAreDueIsNamed() {
    try (TinyModel tiny = new TinyModel(1, 0)) {
      FunctionModel nothing =
          new FunctionModel(tiny.parameters(), tiny.manager(), (in, training) -> null);
      assertSays(
          Trainer.builder(nothing, args()).trainDataset(TinyData.points(8, 1)),
          Trainer::train,
          FunctionModel.class.getName(),
          "returned null",
          "forward");
      final class Silent extends Trainer {
        Silent(Builder builder) {
          super(builder);
        }

        @Override
        protected LossOutput trainingStep(TrainableModel model, ModelInputs inputs) {
          return null;
        }
      }
      try (Trainer trainer =
          new Silent(Trainer.builder(tiny.model(), args()).trainDataset(TinyData.points(8, 1)))) {
        assertThat(catchThrowable(trainer::train))
            .hasMessageContaining("trainingStep returned null");
      }
    }
  }

  @Test
  void memoryThatRunsOutComesWithWhatToDo() {
    try (TinyModel model = new TinyModel(1, 0);
        Trainer trainer =
            Trainer.builder(model.model(), args())
                .trainDataset(TinyData.points(8, 1))
                .computeLossFunc(
                    (outputs, inputs) -> {
                      throw new EngineException("CUDA out of memory. Tried to allocate 2.00 GiB");
                    })
                .build()) {
      assertThat(catchThrowable(trainer::train))
          .isInstanceOf(EngineException.class)
          .hasMessageContaining("memory ran out")
          .hasMessageContaining("CUDA out of memory. Tried to allocate 2.00 GiB")
          .hasMessageContaining("perDeviceTrainBatchSize")
          .hasMessageContaining("autoFindBatchSize");
    }
  }

  // ------------------------------------------------------------------------------------- metrics

  private void assertMetricsSay(ComputeMetrics metrics, String... words) {
    try (TinyModel model = new TinyModel(1, 0)) {
      assertSays(
          Trainer.builder(model.model(), args())
              .evalDataset(TinyData.points(8, 1))
              .computeMetrics(metrics),
          Trainer::evaluate,
          words);
    }
  }

  @SuppressWarnings("NullAway") // what users do
  @Test
  void metricsThatGiveNothingAreNamed() {
    assertMetricsSay(prediction -> null, "computeMetrics returned null", "Map.of()");
    Map<String, Double> none = new HashMap<>();
    none.put("f1", null);
    assertMetricsSay(prediction -> none, "returned null under the name f1", "NaN");
  }

  @Test
  void metricsThatLibtorchRefusesNameWhatTheyGot() {
    String[] words = {
      "computeMetrics failed for predictions {logits(",
      "3) float32} and labels {labels(",
      "The size of tensor a (3) must match"
    };
    assertMetricsSay(p -> Map.of("off", difference(p.predictions(), p.labelIds())), words);
    try (TinyModel model = new TinyModel(1, 0)) {
      StreamingMetrics streaming =
          () ->
              new StreamingMetrics.Accumulator() {
                @Override
                public void add(dev.trainer4j.metrics.EvalPrediction batch) {
                  difference(batch.predictions(), batch.labelIds());
                }

                @Override
                public Map<String, Double> result() {
                  return Map.of();
                }
              };
      assertSays(
          Trainer.builder(model.model(), args())
              .evalDataset(TinyData.points(8, 1))
              .computeMetrics(streaming),
          Trainer::evaluate,
          words);
    }
  }

  private static double difference(NDArray a, NDArray b) {
    return a.sub(b).sum().getFloat();
  }
}
