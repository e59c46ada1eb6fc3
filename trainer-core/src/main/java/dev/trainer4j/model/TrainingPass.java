// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.ndarray.NDArray;

/**
 * How the forward and the backward pass of a micro batch run.
 *
 * <p>{@link TrainingPasses#choose} picks one for a run, where everything is known that decides it, and the
 * trainer asks no further: a micro batch is {@link #begin}, a forward pass of {@link #model}, {@link
 * #backward}, {@link #end}.
 */
public interface TrainingPass extends AutoCloseable {

  /** Returns the model as the hooks of a training step see it: its forward pass runs in this way. */
  TrainableModel model();

  /**
   * Begins a micro batch.
   *
   * @param seed from which its random numbers follow
   */
  void begin(long seed);

  /**
   * Takes the gradients of a loss, times {@code factor}. Several in a micro batch add up, but a
   * pass that computes segments again has one.
   *
   * @param loss a scalar that {@link #model} and what was computed of its outputs gave
   * @param factor what backward starts from: the scale of a loss, at no cost
   * @throws IllegalArgumentException if the loss is no scalar or depends on no parameter
   * @throws IllegalStateException if there can be no second one
   */
  void backward(NDArray loss, double factor);

  /** Ends the micro batch, whether it failed or not, and frees what only its backward pass needed. */
  void end();

  /** Says in a few words how it runs, such as {@code recorded by autograd}. */
  @Override
  String toString();

  @Override
  void close();
}
