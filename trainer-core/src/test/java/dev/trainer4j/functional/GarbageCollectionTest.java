// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.FunctionModel;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.torch.ArrayScope;
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * DJL makes an array of the number in {@code x.mul(2)}, in memory of Java's, and drops it at once; the
 * graph reads it in the backward pass. A collection between the two must change nothing.
 */
@Tag("cpu") // it counts buffers of the host
class GarbageCollectionTest {

  private static final Cleaner CLEANER = Cleaner.create();

  @TempDir Path outputDir;

  private interface Loss {
    NDArray of(NDArray weight, NDArray x);
  }

  /** Collects what is garbage after the forward pass, and lets others have its memory. */
  private static final class Collecting extends Trainer {
    private final Loss loss;
    private final List<ByteBuffer> reused = new ArrayList<>();

    Collecting(Builder builder, Loss loss) {
      super(builder);
      this.loss = loss;
    }

    @Override
    protected LossOutput computeLoss(TrainableModel model, ModelInputs inputs) {
      NDArray weight = model.parameters().get(0).array();
      NDArray value = loss.of(weight, inputs.get("x"));
      collect();
      for (int i = 0; i < 10_000; i++) {
        ByteBuffer other = ByteBuffer.allocateDirect(Float.BYTES).order(ByteOrder.nativeOrder());
        reused.add(other.putFloat(0, Float.NaN));
      }
      return LossOutput.of(value, 1);
    }

    private static void collect() {
      CountDownLatch collected = new CountDownLatch(1);
      CLEANER.register(new Object(), collected::countDown);
      try {
        do {
          System.gc();
        } while (!collected.await(100, TimeUnit.MILLISECONDS));
        Thread.sleep(50); // The thread that frees buffers is another one.
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** Trains one update on x = 2, 3 with weights 5, 7; returns the norm of the gradient. */
  private double gradientNorm(Loss loss) {
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(outputDir)
            .maxSteps(1)
            .loggingSteps(1)
            .maxGradNorm(0)
            .saveStrategy(IntervalStrategy.NO)
            .useCpu(true)
            .build();
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      NDArray weight = manager.create(new float[] {5, 7});
      FunctionModel model =
          new FunctionModel(
              Map.of("weight", weight),
              manager,
              (inputs, training) -> ModelOutput.logits(inputs.get("x")));
      Trainer.Builder builder =
          Trainer.builder(model, args)
              .trainDataset(Datasets.of(List.of(Map.of("x", new float[] {2, 3}))));
      try (Trainer trainer = new Collecting(builder, loss)) {
        trainer.train();
        return trainer.state().logHistory().get(0).values().get("grad_norm");
      }
    }
  }

  @Test
  void aNumberInAProductKeepsItsValueUntilTheBackwardPass() {
    double norm = gradientNorm((weight, x) -> weight.mul(x).mul(4).sum());

    assertThat(norm).isCloseTo(Math.hypot(4 * 2, 4 * 3), within(1e-5));
  }

  @Test
  void aNumberThatDividesKeepsItsValueUntilTheBackwardPass() {
    double norm = gradientNorm((weight, x) -> weight.mul(x).div(4).sum());

    assertThat(norm).isCloseTo(Math.hypot(2 / 4.0, 3 / 4.0), within(1e-5));
  }

  @Test
  void anExponentKeepsItsValueUntilTheBackwardPass() {
    double norm = gradientNorm((weight, x) -> weight.pow(3).sum());

    assertThat(norm).isCloseTo(Math.hypot(3 * 25, 3 * 49), within(1e-3));
  }

  @Test
  void aScopeOfTheUsersOwnLeavesTheMemoryToTheOneOfTheMicroBatch() {
    double norm =
        gradientNorm(
            (weight, x) -> {
              try (ArrayScope scope = ArrayScope.open()) {
                return ArrayScope.keep(weight.mul(x).mul(4).sum(), x.getManager());
              }
            });

    assertThat(norm).isCloseTo(Math.hypot(4 * 2, 4 * 3), within(1e-5));
  }
}
