// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.run;

import dev.trainer4j.checkpoint.LossScale;
import java.util.function.DoubleSupplier;
import java.util.function.IntSupplier;

/**
 * The dynamic loss scale of float16: PyTorch's {@code torch.amp.GradScaler} with its defaults.
 *
 * <p>Gradients below 6e-8 are 0 in float16, so they are taken of a loss that is multiplied by the
 * scale, and divided by it in the update, together with the weight. An update whose gradients
 * overflow is skipped and halves the scale; 2000 without one double it.
 *
 * <p>PyTorch scales a mean, this loop has a sum. The seed of backward is therefore the scale divided by a
 * power of two near the weight of the update, as known from its first micro batch: the same for all of an
 * update, and exact to divide by.
 */
public final class LossScaler {

  private static final double INITIAL_SCALE = 65536;
  private static final double GROWTH_FACTOR = 2;
  private static final double BACKOFF_FACTOR = 0.5;
  private static final int GROWTH_INTERVAL = 2000;

  private final IntSupplier microBatches;
  private double scale = INITIAL_SCALE;
  private int growthTracker;
  private long skippedSteps;
  private double seed;

  /** Starts at 65536; {@code microBatches} is how many an update has. */
  public LossScaler(IntSupplier microBatches) {
    this.microBatches = microBatches;
  }

  /** The next loss is the first of an update. */
  public void beginUpdate() {
    seed = 0;
  }

  /**
   * Returns what backward starts from, the same for all losses of an update.
   *
   * @param weight of the loss at hand; asked for the first one of an update only, for it may be on the device
   */
  public double seed(DoubleSupplier weight) {
    if (seed == 0) {
      double expected = weight.getAsDouble() * microBatches.getAsInt();
      seed = expected > 0 ? scale / Math.scalb(1.0, Math.getExponent(expected)) : scale;
    }
    return seed;
  }

  /** Returns the seed of the update in progress, by which its gradients are too large. */
  public double seed() {
    return seed;
  }

  /** Adapts the scale to what came of an update. */
  public void afterUpdate(boolean taken) {
    if (!taken) {
      skippedSteps++;
      growthTracker = 0;
      scale = Math.max(scale * BACKOFF_FACTOR, Float.MIN_NORMAL);
    } else if (++growthTracker == GROWTH_INTERVAL) {
      growthTracker = 0;
      scale = Math.min(scale * GROWTH_FACTOR, Math.scalb(1.0, Float.MAX_EXPONENT));
    }
  }

  /** Returns whether the scale is so small that an overflow is none of its doing. */
  public boolean isExhausted() {
    return scale < 1;
  }

  public double scale() {
    return scale;
  }

  /** Returns how many updates were skipped; the schedule does not count them. */
  long skippedSteps() {
    return skippedSteps;
  }

  public LossScale state() {
    return new LossScale(scale, growthTracker, skippedSteps);
  }

  public void restore(LossScale state) {
    scale = state.scale();
    growthTracker = state.growthTracker();
    skippedSteps = state.skippedSteps();
  }
}
