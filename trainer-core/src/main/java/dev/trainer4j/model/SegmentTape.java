// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import dev.trainer4j.data.ModelInputs;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gradient checkpointing (Chen et al.: Training Deep Nets with Sublinear Memory Cost, 2016) by the
 * segments of a model.
 *
 * <p>While a tape is open on a thread, training passes of a {@link SegmentedModel} run all segments
 * but the last without recording, and keep the input of each. After the backward pass of the loss,
 * {@link #backward} goes through them from the end: it runs a segment again, from its input and with
 * the same random numbers, and goes backward from the gradient of its output. At any time the
 * activations inside of one segment are in memory. The operators and their inputs are the same, so the
 * gradients are too, to the bit where libtorch's compiler fuses nothing; those of a tensor that
 * several segments read, up to the order in which they are added.
 */
public final class SegmentTape implements AutoCloseable {

  private static final ThreadLocal<@Nullable SegmentTape> CURRENT = new ThreadLocal<>();

  private final @Nullable SegmentTape outer;
  private final List<CheckpointedPass> passes = new ArrayList<>();

  private SegmentTape(@Nullable SegmentTape outer) {
    this.outer = outer;
  }

  /** Opens a tape for the calling thread; close it there. */
  public static SegmentTape open() {
    SegmentTape tape = new SegmentTape(CURRENT.get());
    CURRENT.set(tape);
    return tape;
  }

  /** Returns the tape of the calling thread, null if there is none. */
  public static @Nullable SegmentTape current() {
    return CURRENT.get();
  }

  /** Runs a training pass; {@link SegmentedModel#forward} calls it. */
  ModelOutput forward(SegmentedModel model, ModelInputs inputs) {
    CheckpointedPass pass = new CheckpointedPass(model, model.begin(inputs, true));
    passes.add(pass);
    return pass.forward();
  }

  /** Carries on what a loss has begun: call it after the loss's own backward pass. */
  public void backward() {
    for (int i = passes.size() - 1; i >= 0; i--) {
      passes.get(i).backward();
    }
    release();
  }

  private void release() {
    passes.forEach(CheckpointedPass::close);
    passes.clear();
  }

  @Override
  public void close() {
    release();
    if (outer == null) {
      CURRENT.remove();
    } else {
      CURRENT.set(outer);
    }
  }
}
