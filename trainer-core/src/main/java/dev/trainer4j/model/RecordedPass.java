// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.FreshGradients;
import org.jspecify.annotations.Nullable;

/** Forward recorded by autograd, and backward along what it recorded. */
final class RecordedPass implements TrainingPass {

  private final Autograd autograd = new Autograd();
  private final PassSeeds seeds = new PassSeeds();
  private final TrainableModel model;
  private final @Nullable FreshGradients fresh;

  private RecordedPass(TrainableModel model, @Nullable FreshGradients fresh) {
    this.model =
        model instanceof SegmentedModel segmented
            ? segmented.runBy(new SeededSegments(seeds))
            : model;
    this.fresh = fresh;
  }

  static TrainingPass offer(PassConditions conditions) {
    return new RecordedPass(conditions.model(), conditions.fresh());
  }

  @Override
  public TrainableModel model() {
    return model;
  }

  @Override
  public void begin(long seed) {
    seeds.begin(seed);
  }

  @Override
  public void backward(NDArray loss, double factor) {
    autograd.backward(loss, factor, fresh);
  }

  @Override
  public void end() {}

  @Override
  public String toString() {
    return "recorded by autograd";
  }

  @Override
  public void close() {
    autograd.close();
  }
}
