// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The ways of running a micro batch, the most particular first. */
public final class TrainingPasses {

  /** One way: a pass, or null where it cannot honour the conditions. */
  @FunctionalInterface
  private interface Way {
    @Nullable TrainingPass offer(PassConditions conditions);
  }

  private static final List<Way> WAYS =
      List.of(CheckpointedPass::offer, KernelPass::offer, RecordedPass::offer);

  private TrainingPasses() {}

  /**
   * Returns the way that has the parameters of one segment in place at a time: all segments are computed again in
   * backward, as with gradient checkpointing.
   *
   * @param parameters brings those of a segment, and collects its gradients
   */
  public static TrainingPass bySegments(SegmentedModel model, SegmentParameters parameters) {
    return new CheckpointedPass(model, parameters);
  }

  /** Returns the way of recording everything by autograd. */
  public static TrainingPass recorded(PassConditions conditions) {
    return RecordedPass.offer(least(conditions));
  }

  /** Returns the conditions for a view of the model that computes what its loss reads and no more, where that will do. */
  public static PassConditions least(PassConditions conditions) {
    return conditions.usualLoss() && conditions.model() instanceof LossOnlyModel model
        ? conditions.with(model.lossOnly())
        : conditions;
  }

  /** Returns the first way that fits; recording by autograd always does. */
  public static TrainingPass choose(PassConditions conditions) {
    PassConditions least = least(conditions);
    for (Way way : WAYS) {
      TrainingPass pass = way.offer(least);
      if (pass != null) {
        return pass;
      }
    }
    throw new IllegalStateException("no way to run " + conditions);
  }
}
