// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.FreshGradients;
import dev.trainer4j.torch.PartialBackward;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gradient checkpointing (Chen et al.: Training Deep Nets with Sublinear Memory Cost, 2016) by the
 * segments of a model.
 *
 * <p>Training passes run all segments but the last without recording, and keep the input of each. After
 * the backward pass of the loss, the segments follow from the end: each runs again, from its input and
 * with the same random numbers, and goes backward from the gradient of its output. At any time the
 * activations inside of one segment are in memory. The operators and their inputs are the same, so the
 * gradients are too, to the bit where libtorch's compiler fuses nothing; those of a tensor that several
 * segments read, up to the order in which they are added.
 */
final class CheckpointedPass implements TrainingPass, SegmentRunner {

  private final Autograd autograd = new Autograd();
  private final PartialBackward backward;
  private final PassSeeds seeds = new PassSeeds();
  private final List<KeptInputs> passes = new ArrayList<>();
  private final TrainableModel model;
  private final SegmentParameters parameters;
  private boolean done;

  /** Gradients add up in the parameters. */
  CheckpointedPass(SegmentedModel model, SegmentParameters parameters) {
    this.model = model.runBy(this);
    this.parameters = parameters;
    backward = autograd;
  }

  private CheckpointedPass(SegmentedModel model, FreshGradients fresh) {
    this.model = model.runBy(this);
    parameters = SegmentParameters.inPlace();
    backward = autograd.into(fresh);
  }

  static @Nullable TrainingPass offer(PassConditions conditions) {
    if (conditions.checkpointing() && conditions.model() instanceof SegmentedModel segmented) {
      FreshGradients fresh = conditions.fresh();
      return fresh == null
          ? new CheckpointedPass(segmented, SegmentParameters.inPlace())
          : new CheckpointedPass(segmented, fresh);
    }
    return null;
  }

  @Override
  public TrainableModel model() {
    return model;
  }

  @Override
  public void begin(long seed) {
    seeds.begin(seed);
    done = false;
  }

  @Override
  public ModelOutput run(SegmentedModel segmented, ModelInputs inputs, boolean training) {
    if (!training) {
      return SegmentRunner.with(parameters).run(segmented, inputs, false);
    }
    KeptInputs pass =
        new KeptInputs(segmented, segmented.begin(inputs, true), seeds.nextPass(), parameters);
    passes.add(pass);
    return pass.forward();
  }

  @Override
  public void backward(NDArray loss, double factor) {
    if (done) {
      throw new IllegalStateException(
          "gradientCheckpointing: backward was called a second time in one micro batch, but what its"
              + " segments need is freed by the first; add the losses up and call it once");
    }
    done = true;
    passes.forEach(KeptInputs::expectLast);
    backward.ofLoss(
        loss, factor, passes.stream().flatMap(pass -> pass.lastInputs().stream()).toList());
    for (int i = passes.size() - 1; i >= 0; i--) {
      passes.get(i).backward(backward, factor);
    }
    end();
  }

  @Override
  public void end() {
    passes.forEach(KeptInputs::close);
    passes.clear();
  }

  @Override
  public String toString() {
    return "segments, computed again in backward";
  }

  @Override
  public void close() {
    end();
    autograd.close();
  }
}
