// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static dev.trainer4j.functional.LayerRuns.assertSame;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.Losses;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.testing.PhaseWatcher;
import dev.trainer4j.torch.Autograd;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A loss of one's own may do with what the model returned what it likes: autograd records the layers. It
 * makes no difference whether somebody looks on.
 */
class OwnLossTest {

  @TempDir Path folder;

  private LayerRuns runs;

  @BeforeEach
  void prepare() {
    runs = new LayerRuns(folder);
  }

  static Stream<Object[]> losses() {
    return Stream.<Map.Entry<String, LayerRuns.Loss>>of(
            Map.entry(
                "squared error",
                (model, inputs) ->
                    Losses.meanSquaredError(
                        model.forward(inputs, true).logits(), inputs.get("x").get(":, :3"))),
            Map.entry(
                "cross entropy and a penalty on the logits",
                (model, inputs) -> {
                  NDArray logits = model.forward(inputs, true).logits();
                  LossOutput entropy = Losses.crossEntropy(logits, inputs.get("labels"));
                  return LossOutput.of(entropy.value().mul(0.5f).add(logits.mul(logits).sum()), 4);
                }),
            Map.entry(
                "a mean",
                (model, inputs) ->
                    Losses.crossEntropy(model.forward(inputs, true).logits(), inputs.get("labels"))
                        .asMean()),
            Map.entry(
                "smoothed",
                (model, inputs) ->
                    Losses.crossEntropy(
                        model.forward(inputs, true).logits(), inputs.get("labels"), 0.1)),
            Map.entry(
                "a penalty on a weight",
                (model, inputs) -> {
                  NDArray weight = model.parameters().get(0).array();
                  LossOutput entropy =
                      Losses.crossEntropy(
                          model.forward(inputs, true).logits(), inputs.get("labels"));
                  return LossOutput.of(entropy.value().add(weight.mul(weight).sum()), 4);
                }),
            Map.entry(
                "two passes of one batch",
                (model, inputs) -> {
                  NDArray first = model.forward(inputs, true).logits();
                  NDArray second =
                      model.forward(inputs.with("x", inputs.get("x").mul(0.5f)), true).logits();
                  LossOutput entropy = Losses.crossEntropy(first, inputs.get("labels"));
                  return LossOutput.of(entropy.value().add(second.sub(first).square().sum()), 4);
                }),
            Map.entry(
                "cross entropy of both of two passes",
                (model, inputs) -> {
                  NDArray first = model.forward(inputs, true).logits();
                  LossOutput one = Losses.crossEntropy(first, inputs.get("labels"));
                  NDArray second =
                      model.forward(inputs.with("x", inputs.get("x").mul(0.5f)), true).logits();
                  LossOutput two = Losses.crossEntropy(second, inputs.get("labels"));
                  return LossOutput.of(one.value().add(two.value()), 4);
                }),
            Map.entry(
                "only the first of two passes",
                (model, inputs) -> {
                  NDArray first = model.forward(inputs, true).logits();
                  model.forward(inputs, true);
                  return Losses.crossEntropy(first, inputs.get("labels"));
                }),
            Map.entry(
                "logits that are changed in place",
                (model, inputs) ->
                    Losses.crossEntropy(
                        model.forward(inputs, true).logits().divi(2), inputs.get("labels"))),
            Map.entry(
                "a pass that is not recorded",
                (model, inputs) -> {
                  NDArray target;
                  try (Autograd.Recording off = Autograd.record(false)) {
                    target = model.forward(inputs, true).logits().add(1);
                  }
                  return Losses.meanSquaredError(model.forward(inputs, true).logits(), target);
                }),
            Map.entry(
                "an input that depends on what came of another one",
                (model, inputs) -> {
                  NDArray first = model.forward(inputs, true).logits();
                  NDArray next = first.concat(first, 1);
                  NDArray second = model.forward(inputs.with("x", next), true).logits();
                  LossOutput entropy = Losses.crossEntropy(second, inputs.get("labels"));
                  return LossOutput.of(entropy.value().add(first.square().sum()), 4);
                }),
            Map.entry(
                "an input that depends on a parameter",
                (model, inputs) -> {
                  NDArray bias = model.parameters().get(1).array().get(":6");
                  return Losses.crossEntropy(
                      model.forward(inputs.with("x", inputs.get("x").add(bias)), true).logits(),
                      inputs.get("labels"));
                }))
        .map(entry -> new Object[] {entry.getKey(), entry.getValue()});
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("losses")
  void weightsWithALossOfOnesOwnAreThoseOfAutograd(String name, LayerRuns.Loss loss) {
    assertSame(
        runs.trainWith(loss, LayerRuns::mlp),
        runs.trainWith(loss, LayerRuns::mlp, new PhaseWatcher()));
  }

  /** In every other update the layers take no part in the loss but by a penalty on one of them. */
  private static LayerRuns.Loss everyOther(boolean first) {
    AtomicInteger calls = new AtomicInteger();
    return (model, inputs) -> {
      NDArray logits = model.forward(inputs, true).logits();
      boolean takesPart = (calls.getAndIncrement() % 2 == 0) == first;
      return takesPart
          ? Losses.crossEntropy(logits, inputs.get("labels"))
          : LossOutput.of(model.parameters().get(0).array().square().sum(), 4);
    };
  }

  @Test
  void aLossThatDoesNotDependOnTheLayersGivesThemZerosOnceTheyHadGradientsAndNothingBefore() {
    for (boolean first : new boolean[] {true, false}) {
      assertSame(
          runs.trainWith(everyOther(first), LayerRuns::mlp),
          runs.trainWith(everyOther(first), LayerRuns::mlp, new PhaseWatcher()));
    }
  }

  @Test
  void theOutputsOfATrainingPassCanBeReadAndComputedWith() {
    List<Double> seen = new ArrayList<>();
    runs.trainWith(
        (model, inputs) -> {
          ModelOutput outputs = model.forward(inputs, true);
          LossOutput loss = Losses.crossEntropy(outputs.logits(), inputs.get("labels"));
          NDArray mean = loss.value().div(loss.weightArray().toType(DataType.FLOAT32, true));
          seen.add((double) mean.getFloat() - loss.value().getFloat() / loss.weight());
          return LossOutput.mean(mean);
        },
        LayerRuns::mlp);
    assertThat(seen).hasSize(12).allSatisfy(d -> assertThat(Math.abs(d)).isLessThan(1e-6));
  }
}
