// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

/**
 * Brings the parameters of segments into place before a segment runs, and takes them away behind it: whoever
 * holds them elsewhere, such as in shares of several ranks.
 *
 * <p>A segment runs as {@link #bring}, {@link Segment#forward}, {@link #take}. Where gradients are wanted, what
 * was recorded needs its parameters until it has gone backward: {@link #bring}, forward, backward, {@link
 * #collect}, {@link #take}.
 */
public interface SegmentParameters {

  /** Puts the parameters of a segment into place; each call is answered by one of {@link #take}. */
  void bring(Segment segment);

  /** Lets the parameters of a segment go, whether it failed or not. */
  void take(Segment segment);

  /** Is told that a segment is about to be run with recording, so that its parameters are to have gradients. */
  void expect(Segment segment);

  /** Collects the gradients that a backward pass has left in the parameters of a segment. */
  void collect(Segment segment);

  /** Returns those of a model that has all of its parameters in place all the time. */
  static SegmentParameters inPlace() {
    return ParametersInPlace.INSTANCE;
  }
}
