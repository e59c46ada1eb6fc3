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

  /** Is told that a backward pass through a segment is about to leave gradients in its parameters. */
  void expect(Segment segment);

  /**
   * Collects the gradients that a backward pass has left in the parameters of a segment.
   *
   * @param factor what the loss was multiplied by
   */
  void collect(Segment segment, double factor);

  /** Returns those of a model that has all of its parameters in place all the time. */
  static SegmentParameters inPlace() {
    return ParametersInPlace.INSTANCE;
  }
}
