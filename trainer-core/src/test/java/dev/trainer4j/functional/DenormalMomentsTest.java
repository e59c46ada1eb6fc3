// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.optim.Optimizers;
import dev.trainer4j.optim.ParameterGroup;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.Gradients;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A parameter whose gradient stays zero, as a row of an embedding whose token does not come again. PyTorch
 * leaves its averages at the smallest denormal numbers, with which a CPU is more than ten times slower.
 */
@Tag("cpu") // a GPU computes with denormal numbers at full speed
class DenormalMomentsTest {

  private static final double RATE = 0.1;

  private record Outcome(float[] weights, float[] average) {}

  /** One update with gradients 3 and 1e-3, then 1,500 with zero. */
  private static Outcome train(
      String average, Function<List<ParameterGroup>, Optimizer> optimizerOf) {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      NDArray weights = manager.create(new float[] {5, 7});
      weights.setRequiresGradient(true);
      NDArray slopes = manager.create(new float[] {3, 1e-3f});
      List<NamedParameter> parameters = List.of(NamedParameter.of("w", weights));
      try (Optimizer optimizer =
              optimizerOf.apply(ParameterGroup.decayAndNoDecay(parameters, RATE, 0));
          Gradients gradients = new Gradients(List.of(weights));
          Autograd autograd = new Autograd()) {
        try (Autograd.Recording on = Autograd.record(true)) {
          autograd.backward(weights.mul(slopes).sum());
        }
        try (Autograd.Recording off = Autograd.record(false)) {
          optimizer.step(1);
          gradients.zero();
          for (int i = 0; i < 1_500; i++) {
            optimizer.step(1);
          }
          return new Outcome(
              weights.toFloatArray(), optimizer.state().get("w." + average).toFloatArray());
        }
      }
    }
  }

  /** What AdamW makes of that in float64. */
  private static double adam(double weight, double gradient) {
    double m = 0;
    double v = 0;
    double w = weight;
    for (int step = 1; step <= 1_501; step++) {
      double g = step == 1 ? gradient : 0;
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      double root = Math.sqrt(v / (1 - Math.pow(0.999, step))) + 1e-8;
      w -= RATE * m / (1 - Math.pow(0.9, step)) / root;
    }
    return w;
  }

  @Test
  void adamsAverageIsZeroInTheEndAndTheWeightsAreThoseOfTheFormula() {
    Outcome outcome = train("exp_avg", groups -> Optimizers.adamW(groups, 0.9, 0.999, 1e-8, false));

    assertThat(outcome.average()).containsExactly(0, 0);
    assertThat((double) outcome.weights()[0]).isCloseTo(adam(5, 3), within(1e-5));
    assertThat((double) outcome.weights()[1]).isCloseTo(adam(7, 1e-3), within(1e-5));
  }

  @Test
  void theSquaresThatStillCountStay() {
    Outcome outcome =
        train("exp_avg_sq", groups -> Optimizers.adamW(groups, 0.9, 0.999, 1e-8, false));

    assertThat((double) outcome.average()[1])
        .isCloseTo(0.001 * 1e-6 * Math.pow(0.999, 1_500), within(1e-12));
  }

  @Test
  void theMomentumOfSgdIsZeroInTheEndAndTheWeightsAreThoseOfTheSeries() {
    Outcome outcome = train("momentum_buffer", groups -> Optimizers.sgd(groups, 0.9, 0, false));

    assertThat(outcome.average()).containsExactly(0, 0);
    // The sum of 0.9^k is 10.
    assertThat((double) outcome.weights()[0]).isCloseTo(5 - RATE * 3 * 10, within(1e-5));
    assertThat((double) outcome.weights()[1]).isCloseTo(7 - RATE * 1e-3 * 10, within(1e-5));
  }
}
