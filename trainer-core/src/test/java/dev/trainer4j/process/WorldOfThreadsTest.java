// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.data.Batch;
import dev.trainer4j.data.BatchIterator;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.DataLoader;
import dev.trainer4j.data.DataLoaderOptions;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.data.SampleOrder;
import dev.trainer4j.testing.InMemoryWorld;
import dev.trainer4j.torch.Autograd;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The parts of a world in the smallest loop: loader, gradients, weight, norm, agreement. */
@Timeout(300)
class WorldOfThreadsTest {

  /** Not a multiple of the samples of an update: in the last round some ranks have none. */
  private static final int SAMPLES = 20;

  private static final int PER_UPDATE = 6;

  /** What a rank knows at the end. */
  private record Trained(List<Double> weights, double lossSum, long updates) {}

  @Test
  void anyNumberOfRanksTrainsTheSameModel() throws Exception {
    Trained alone = train(ProcessGroup.single(), 3);
    assertThat(alone.updates).isEqualTo(12);
    for (int worldSize : new int[] {2, 3, 6}) {
      List<Trained> ranks = InMemoryWorld.call(worldSize, group -> train(group, 3));
      for (Trained rank : ranks) {
        assertThat(rank).isEqualTo(ranks.get(0));
        assertThat(rank.updates).isEqualTo(alone.updates);
        assertThat(rank.lossSum).isCloseTo(alone.lossSum, within(1e-9));
        for (int i = 0; i < 2; i++) {
          assertThat(rank.weights.get(i)).isCloseTo(alone.weights.get(i), within(1e-12));
        }
      }
    }
  }

  private static Trained train(ProcessGroup group, int epochs) {
    DataCollator<Integer> collator =
        (samples, manager) ->
            ModelInputs.of(
                "x", manager.create(samples.stream().mapToDouble(i -> i / 10.0).toArray()));
    DataLoader loader =
        DataLoader.of(
            Datasets.of(IntStream.range(0, SAMPLES).boxed().toList()),
            collator,
            DataLoaderOptions.builder()
                .batchSize(PER_UPDATE / group.worldSize())
                .order((size, epoch) -> SampleOrder.shuffled(size, 1, epoch))
                .world(group.rank(), group.worldSize())
                .build());
    GradientSync sync = GradientSync.dataParallel(group, 25 << 20);
    Agreement agreement = new Agreement(group);
    double lossSum = 0;
    long updates = 0;
    try (NDManager manager = NDManager.newBaseManager("PyTorch");
        Autograd autograd = new Autograd()) {
      // Each rank begins with other numbers, as if each had drawn its own.
      NDArray weights = manager.create(new double[] {group.rank() + 1, -group.rank()});
      weights.setRequiresGradient(true);
      group.broadcast(weights, 0);
      for (int epoch = 0; epoch < epochs; epoch++) {
        try (BatchIterator batches = loader.iterate(manager, epoch, 0)) {
          boolean more = batches.hasNext();
          agreement.requireSame("the end of data", more);
          while (more) {
            try (Batch batch = batches.next();
                NDManager scope = manager.newSubManager()) {
              double own = 0;
              if (!batch.isEmpty()) {
                try (Autograd.Recording on = Autograd.record(true)) {
                  NDArray loss = loss(weights, batch.inputs().get("x"));
                  own = loss.toDoubleArray()[0];
                  autograd.backward(loss);
                }
              }
              step(weights, sync, group.sum(batch.sampleCount())[0], scope);
              lossSum += group.sum(own)[0];
            }
            updates++;
            more = agreement.any(batches.hasNext());
          }
        }
      }
      agreement.requireSame("updates", updates);
      return new Trained(
          List.of(weights.getDouble(0), weights.getDouble(1)), lossSum, agreement.least(updates));
    }
  }

  /** Learns the line 2x + 1. */
  private static NDArray loss(NDArray weights, NDArray x) {
    NDArray line = x.mul(weights.get(0)).add(weights.get(1));
    return line.sub(x.mul(2).add(1)).square().sum();
  }

  /** Clipped gradient descent, outside of autograd. */
  private static void step(NDArray weights, GradientSync sync, double samples, NDManager scope) {
    try (Autograd.Recording off = Autograd.record(false)) {
      NDArray gradient = weights.getGradient();
      gradient.attach(scope);
      sync.sum(List.of(gradient));
      gradient.divi(samples);
      double own = 0;
      for (double value : gradient.toDoubleArray()) {
        own += value * value;
      }
      double norm = Math.sqrt(own);
      NDArray change = gradient.mul(0.1 * Math.min(1, 1 / norm));
      change.attach(scope);
      weights.subi(change);
      gradient.muli(0);
    }
  }
}
