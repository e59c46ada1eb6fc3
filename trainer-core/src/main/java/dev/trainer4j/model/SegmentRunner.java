// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import dev.trainer4j.data.ModelInputs;

/**
 * Runs the segments of one forward pass.
 *
 * <p>Who wants to run them in another way (keep their inputs alone and run them again in backward,
 * bring their parameters into place just before and drop them after) writes a runner and hands it to
 * {@link SegmentedModel#runBy}; no other runner and no model needs to know of it.
 */
@FunctionalInterface
public interface SegmentRunner {

  /**
   * Runs {@link SegmentedModel#begin}, all segments in their order, and {@link SegmentedModel#finish}.
   *
   * @param inputs everything the collator made, labels included
   * @param training whether dropout and the like are on
   */
  ModelOutput run(SegmentedModel model, ModelInputs inputs, boolean training);

  /** Parameters that are in place until it is closed. */
  @FunctionalInterface
  interface Held extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Puts the parameters of all segments into place, for work that does not go segment by segment, such as writing
   * text.
   *
   * @return close it when the work is done
   */
  default Held hold(SegmentedModel model) {
    return () -> {};
  }

  /** Returns the runner that brings the parameters of each segment into place just before it, and takes them away. */
  static SegmentRunner with(SegmentParameters parameters) {
    return new VisitedSegments(parameters);
  }

  /** Returns the runner that does nothing else. */
  static SegmentRunner plain() {
    return with(SegmentParameters.inPlace());
  }
}
