// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.recurrent.LSTM;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.NanPolicy;
import dev.trainer4j.args.OptimizerName;
import dev.trainer4j.args.SchedulerType;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.NonFiniteUpdate;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.FunctionModel;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.PhaseWatcher;
import dev.trainer4j.testing.TestDevice;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.Values;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.FreshGradients;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An update of one micro batch takes gradients in arrays of their own. What it makes of them is what an
 * update makes that adds them up in the parameters, as it does for somebody who looks on.
 */
class FreshGradientsTest {

  private final NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch");

  @TempDir Path folder;

  @AfterEach
  void close() {
    manager.close();
  }

  private Map<String, NDArray> parameters(long... lengths) {
    Map<String, NDArray> parameters = new LinkedHashMap<>();
    for (int i = 0; i < lengths.length; i++) {
      parameters.put("p" + i, manager.arange((float) lengths[i]).div(10f * (i + 1)));
    }
    return parameters;
  }

  private TrainingArguments.Builder args(OptimizerName optimizer) {
    return TrainingArguments.builder()
        .outputDir(folder)
        .maxSteps(5)
        .perDeviceTrainBatchSize(4)
        .learningRate(0.05)
        .weightDecay(0.1)
        .optim(optimizer)
        .lrSchedulerType(SchedulerType.CONSTANT)
        .saveStrategy(IntervalStrategy.NO);
  }

  private Map<String, List<Double>> train(
      Map<String, NDArray> parameters,
      TrainingArguments args,
      BiFunction<Map<String, NDArray>, NDArray, NDArray> loss,
      TrainerCallback... callbacks) {
    FunctionModel model =
        new FunctionModel(
            parameters,
            manager,
            (inputs, training) ->
                ModelOutput.of(Map.of())
                    .withLoss(LossOutput.of(loss.apply(parameters, inputs.get("x")), 4)));
    train(Trainer.builder(model, args), callbacks);
    return Values.of(parameters);
  }

  private static void train(Trainer.Builder builder, TrainerCallback... callbacks) {
    builder.trainDataset(TinyData.points(20, 1));
    List.of(callbacks).forEach(builder::callback);
    try (Trainer trainer = builder.build()) {
      trainer.train();
    }
  }

  private static NDArray columnSums(NDArray x) {
    return x.sum(new int[] {0});
  }

  /** Plain gradient descent from the sums of the columns, in float64. */
  private Map<String, List<Double>> descent(
      Map<String, List<Double>> from, Map<String, Integer> firstColumn) {
    Map<String, List<Double>> weights = new LinkedHashMap<>();
    double[] total = new double[TinyData.FEATURES]; // Five batches of four are all the samples.
    for (Map<String, Object> sample : TinyData.list(20, 1)) {
      for (int i = 0; i < total.length; i++) {
        total[i] += ((float[]) sample.get("x"))[i];
      }
    }
    from.forEach(
        (name, values) -> {
          List<Double> after = new ArrayList<>();
          for (int i = 0; i < values.size(); i++) {
            after.add(values.get(i) - 0.05 * total[firstColumn.get(name) + i] / 4);
          }
          weights.put(name, after);
        });
    return weights;
  }

  private static void assertClose(
      Map<String, List<Double>> actual, Map<String, List<Double>> expected) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    actual.forEach(
        (name, values) -> {
          for (int i = 0; i < values.size(); i++) {
            assertThat(values.get(i)).isCloseTo(expected.get(name).get(i), within(1e-5));
          }
        });
  }

  @Test
  void twoParametersThatShareOneGradientAreDividedByTheWeightOnce() {
    Map<String, NDArray> parameters = parameters(6, 6);
    Map<String, List<Double>> start = Values.of(parameters);

    Map<String, List<Double>> trained =
        train(
            parameters,
            args(OptimizerName.SGD).weightDecay(0).maxGradNorm(0).build(),
            (p, x) -> p.get("p0").add(p.get("p1")).mul(columnSums(x)).sum());

    assertClose(trained, descent(start, Map.of("p0", 0, "p1", 0)));
  }

  @Test
  void aGradientThatLiesInPartOfAnotherIsDividedByTheWeightOnce() {
    Map<String, NDArray> parameters = parameters(2, 4, 6);
    Map<String, List<Double>> start = Values.of(parameters);

    Map<String, List<Double>> trained =
        train(
            parameters,
            args(OptimizerName.SGD).weightDecay(0).maxGradNorm(0).build(),
            (p, x) ->
                NDArrays.concat(new NDList(p.get("p0"), p.get("p1")))
                    .add(p.get("p2"))
                    .mul(columnSums(x))
                    .sum());

    assertClose(trained, descent(start, Map.of("p0", 0, "p1", 2, "p2", 0)));
  }

  @ParameterizedTest
  @EnumSource(
      value = OptimizerName.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"ADAMW_TORCH_FUSED", "ADAM", "ADAMW_BNB_8BIT"})
  void somebodyWhoLooksOnChangesNothing(OptimizerName optimizer) {
    // The second parameter takes part in every other update, the third never does.
    Map<String, List<Double>> alone =
        train(parameters(6, 6, 6), args(optimizer).build(), everyOther());
    Map<String, List<Double>> watched =
        train(parameters(6, 6, 6), args(optimizer).build(), everyOther(), new PhaseWatcher());

    assertThat(alone).isEqualTo(watched);
    assertThat(alone.get("p2")).isEqualTo(Values.of(parameters(6, 6, 6)).get("p2"));
  }

  private List<Double> trainRecurrent(int batch, TrainerCallback... callbacks) {
    Engine.getEngine("PyTorch").setRandomSeed(3);
    Block block =
        new SequentialBlock()
            .add(list -> new NDList(list.head().reshape(-1, 3, 2)))
            .add(LSTM.builder().setStateSize(4).setNumLayers(2).optBatchFirst(true).build())
            .add(list -> new NDList(list.head().get(":, -1")))
            .add(Linear.builder().setUnits(TinyData.CLASSES).build());
    try {
      train(
          Trainer.builder(
              block, args(OptimizerName.ADAMW_TORCH).perDeviceTrainBatchSize(batch).build()),
          callbacks);
      return block.getParameters().stream()
          .flatMap(
              pair ->
                  Values.of(Map.of(pair.getKey(), pair.getValue().getArray())).values().stream())
          .flatMap(List::stream)
          .toList();
    } finally {
      block.clear();
    }
  }

  /** Its two biases are added, and of a single sample their gradients may be one array. */
  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void somebodyWhoLooksOnChangesNothingInRecurrentLayers(int batch) {
    assertThat(trainRecurrent(batch))
        .isEqualTo(trainRecurrent(batch, new PhaseWatcher()))
        .hasSizeGreaterThan(100);
  }

  private static BiFunction<Map<String, NDArray>, NDArray, NDArray> everyOther() {
    AtomicInteger calls = new AtomicInteger();
    return (p, x) -> {
      NDArray sum = p.get("p0").mul(p.get("p0")).mul(columnSums(x)).sum();
      return calls.getAndIncrement() % 2 == 0
          ? sum.add(p.get("p1").mul(p.get("p0")).mul(columnSums(x)).sum())
          : sum;
    };
  }

  private static final class LookingTrainer extends Trainer {
    final List<float[]> seen = new ArrayList<>();
    final NDArray parameter;

    LookingTrainer(Builder builder, NDArray parameter) {
      super(builder);
      this.parameter = parameter;
    }

    @Override
    protected LossOutput trainingStep(TrainableModel model, ModelInputs inputs) {
      LossOutput loss = super.trainingStep(model, inputs);
      seen.add(parameter.getGradient().toFloatArray());
      return loss;
    }
  }

  @Test
  void aTrainingStepOfOnesOwnFindsGradientsInTheParameters() {
    Map<String, NDArray> parameters = parameters(6);
    FunctionModel model =
        new FunctionModel(
            parameters,
            manager,
            (inputs, training) ->
                ModelOutput.of(Map.of())
                    .withLoss(LossOutput.of(parameters.get("p0").sum().mul(3f), 1)));
    try (LookingTrainer trainer =
        new LookingTrainer(
            Trainer.builder(model, args(OptimizerName.SGD).build())
                .trainDataset(TinyData.points(20, 1)),
            parameters.get("p0"))) {
      trainer.train();
      assertThat(trainer.seen).hasSize(5).allSatisfy(g -> assertThat(g).containsOnly(3f));
    }
  }

  /** Keeps what the parameters' gradients are in an update that is not finite. */
  private static final class Culprits implements TrainerCallback {
    final Map<String, float[]> gradients = new LinkedHashMap<>();

    @Override
    public void onNonFinite(
        CallbackContext ctx, TrainerState state, TrainerControl control, NonFiniteUpdate update) {
      ctx.model()
          .parameters()
          .forEach(p -> gradients.put(p.name(), p.array().getGradient().toFloatArray()));
    }
  }

  private static BiFunction<Map<String, NDArray>, NDArray, NDArray> notANumberInTheThird() {
    AtomicInteger calls = new AtomicInteger();
    return (p, x) -> {
      float factor = calls.getAndIncrement() == 2 ? Float.NaN : 1;
      return p.get("p0").mul(factor).sum().add(p.get("p1").mul(2f).sum());
    };
  }

  @Test
  void whoeverLooksForTheCulpritFindsGradientsInTheParameters() {
    Culprits culprits = new Culprits();
    TrainingArguments args = args(OptimizerName.ADAMW_TORCH).nanPolicy(NanPolicy.SKIP).build();

    Map<String, List<Double>> trained =
        train(parameters(2, 3), args, notANumberInTheThird(), culprits);

    assertThat(culprits.gradients.get("p0")).containsOnly(Float.NaN);
    assertThat(culprits.gradients.get("p1")).containsExactly(2, 2, 2);
    assertThat(trained)
        .isEqualTo(train(parameters(2, 3), args, notANumberInTheThird(), new PhaseWatcher()));
  }

  @Test
  void gradientsOfSeveralBackwardPassesAddUp() {
    NDArray p = manager.create(new float[] {1, 2});
    NDArray q = manager.create(new float[] {3, 4});
    p.setRequiresGradient(true);
    q.setRequiresGradient(true);
    try (Autograd autograd = new Autograd();
        FreshGradients fresh = new FreshGradients(List.of(p, q));
        Autograd.Recording on = Autograd.record(true)) {
      autograd.backward(p.mul(p).sum(), 1, fresh);
      autograd.backward(p.mul(q).sum(), 10, fresh);
      assertThat(p.hasGradient() && p.getGradient().sum().getFloat() != 0).isFalse();
      fresh.publish();
    }
    assertThat(p.getGradient().toFloatArray()).containsExactly(2 + 30, 4 + 40);
    assertThat(q.getGradient().toFloatArray()).containsExactly(10, 20);
  }
}
