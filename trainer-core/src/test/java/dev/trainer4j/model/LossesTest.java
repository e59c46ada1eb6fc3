// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.testing.TestDevice;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.TorchFunctions;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Losses and gradients of PyTorch, of the same numbers. */
class LossesTest {

  private static final float[] CLASS_WEIGHTS = {.5f, 2, 1.25f};

  private final NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch");

  @AfterEach
  void close() {
    manager.close();
  }

  /** Compares the mean and the gradient of the mean. */
  private void assertMean(
      NDArray logits, Function<NDArray, LossOutput> loss, double mean, double... gradient) {
    logits.setRequiresGradient(true);
    try (Autograd.Recording on = Autograd.record(true);
        ArrayScope scope = ArrayScope.open();
        Autograd autograd = new Autograd()) {
      LossOutput output = loss.apply(logits);
      double weight = output.weight();
      assertThat(output.value().getFloat() / weight).isEqualTo(mean, within(1e-6));
      autograd.backward(output.value(), 1 / weight, null);
      float[] found = logits.getGradient().toFloatArray();
      for (int i = 0; i < gradient.length; i++) {
        assertThat((double) found[i]).isEqualTo(gradient[i], within(1e-6));
      }
    }
  }

  private static double mean(LossOutput loss) {
    return TorchFunctions.number(loss.value()) / loss.weight();
  }

  private NDArray fourTexts() {
    float[] logits = {.9f, .1f, -.4f, .2f, .7f, .1f, -.3f, .4f, .8f, 1.1f, 1, .2f};
    return manager.create(logits, new Shape(4, 3));
  }

  @Test
  void weightsOfClassesMakeAWeightedMean() {
    NDArray labels = manager.create(new long[] {0, 1, -100, 2});
    assertMean(
        fourTexts(),
        logits -> Losses.crossEntropy(logits, labels, CLASS_WEIGHTS, 0),
        1.0613126754760742,
        -0.055897731333971024,
        0.03479406610131264,
        0.021103667095303535,
        0.15008430182933807,
        -0.2858861982822418,
        0.13580189645290375,
        0,
        0,
        0,
        0.14421230554580688,
        0.13048869371414185,
        -0.27470099925994873);
    assertMean(
        fourTexts(),
        logits -> Losses.crossEntropy(logits, labels, CLASS_WEIGHTS, .1),
        1.0761550664901733,
        -0.03539349138736725,
        0.02223539724946022,
        0.013158105313777924,
        0.14001168310642242,
        -0.2596098780632019,
        0.11959820240736008,
        0,
        0,
        0,
        0.1397678554058075,
        0.11271090060472488,
        -0.2524787485599518);
  }

  @Test
  void equalWeightsAreTheCrossEntropyWithoutWeights() {
    NDArray labels = manager.create(new int[] {0, 1, -100, 2});
    double plain = mean(Losses.crossEntropy(fourTexts(), labels));
    LossOutput weighted = Losses.crossEntropy(fourTexts(), labels, new float[] {3, 3, 3}, 0);
    assertThat(mean(weighted)).isEqualTo(plain, within(1e-6));
    assertThat(weighted.weight()).isEqualTo(9);
  }

  @Test
  void balancedWeightsAreThoseOfScikitLearn() {
    assertThat(Losses.balancedWeights(6, 3, 1))
        .containsExactly(new float[] {.55555556f, 1.11111111f, 3.33333333f}, within(1e-6f));
    assertThatThrownBy(() -> Losses.balancedWeights(6, 0)).hasMessageContaining("class 1");
  }

  @Test
  void binaryCrossEntropyIsThatOfPytorch() {
    float[] logits = {1, -2, .3f, -.5f, .4f, -.1f};
    NDArray labels = manager.create(new float[] {1, 0, 1, 0, 1, .5f}, new Shape(2, 3));
    assertMean(
        manager.create(logits, new Shape(2, 3)),
        x -> Losses.binaryCrossEntropy(x, labels),
        0.4460056722164154,
        -0.04482356831431389,
        0.019867153838276863,
        -0.0709262490272522,
        0.06292344629764557,
        -0.06688538938760757,
        -0.004163200501352549);
    assertMean(
        manager.create(logits, new Shape(2, 3)),
        x -> Losses.binaryCrossEntropy(x, labels, new float[] {2, 1, .5f}),
        0.421003133058548,
        -0.08964713662862778,
        0.019867153838276863,
        -0.0354631245136261,
        0.06292344629764557,
        -0.06688538938760757,
        0.017710933461785316);
  }

  @Test
  void oneLogitATextTakesLabelsWithoutTheLastDimension() {
    NDArray logits = manager.create(new float[] {0, 0}, new Shape(2, 1));
    LossOutput loss = Losses.binaryCrossEntropy(logits, manager.create(new long[] {0, 1}));
    assertThat(mean(loss)).isEqualTo(Math.log(2), within(1e-6));
  }

  @Test
  void whatDoesNotFitIsToldBeforeTheEngineSeesIt() {
    NDArray labels = manager.create(new long[] {0, 1, 1, 2});
    assertThatThrownBy(() -> Losses.crossEntropy(fourTexts(), labels, new float[2], 0))
        .hasMessageContaining("classWeights has 2 weights")
        .hasMessageContaining("3 classes");
    assertThatThrownBy(() -> Losses.crossEntropy(fourTexts(), labels, new float[] {1, -1, 1}, 0))
        .hasMessageContaining("classWeights[1] is -1.0");
    assertThatThrownBy(
            () ->
                Losses.crossEntropy(
                    fourTexts(), manager.create(new long[] {0, 1, 1, 3}), CLASS_WEIGHTS, 0))
        .hasMessageContaining("label 3 in row ");
    assertThatThrownBy(() -> Losses.binaryCrossEntropy(fourTexts(), labels))
        .hasMessageContaining("(4, 3)")
        .hasMessageContaining("crossEntropy");
    assertThatThrownBy(() -> Losses.binaryCrossEntropy(fourTexts(), fourTexts(), new float[2]))
        .hasMessageContaining("positiveWeights has 2 weights");
  }
}
