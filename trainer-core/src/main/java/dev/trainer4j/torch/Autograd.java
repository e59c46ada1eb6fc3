// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import org.jspecify.annotations.Nullable;

/**
 * Gradients without DJL's collector, of which a JVM can have only one at a time.
 *
 * <p>Recording is a property of the calling thread in libtorch. Gradients add up in the parameters
 * until the update zeroes them, which is all that gradient accumulation needs.
 */
public final class Autograd implements AutoCloseable {

  private @Nullable NDArray seed;

  /** What recording was before {@link #record}; closing it puts that back. */
  public interface Recording extends AutoCloseable {
    @Override
    void close();
  }

  /** Switches recording on ({@code true}) or off for the calling thread until closed. */
  public static Recording record(boolean on) {
    boolean before = JniUtils.isGradMode();
    if (before == on) {
      return () -> {};
    }
    JniUtils.setGradMode(on);
    return () -> JniUtils.setGradMode(before);
  }

  /**
   * Adds the gradients of {@code loss} to its parameters and frees the graph.
   *
   * @param loss a scalar computed while recording
   * @throws IllegalArgumentException if the loss is no scalar or depends on no parameter
   */
  public void backward(NDArray loss) {
    if (loss.size() != 1) {
      throw new IllegalArgumentException(
          "the loss must be a scalar, but has shape "
              + loss.getShape()
              + "; reduce it with sum() and pass its weight");
    }
    try {
      JniUtils.backward((PtNDArray) loss, (PtNDArray) seedFor(loss), false, false);
    } catch (EngineException e) {
      if (e.getMessage() != null && e.getMessage().contains("does not require grad")) {
        throw new IllegalArgumentException(
            "the loss depends on no trainable parameter: check that the model has parameters that"
                + " require gradients, and that computeLoss calls no toType, duplicate or"
                + " stopGradient, which cut the graph",
            e);
      }
      throw e;
    }
  }

  /** A one of the loss's shape, type and device, kept because every micro batch needs it. */
  private NDArray seedFor(NDArray loss) {
    NDArray kept = seed;
    if (kept != null
        && kept.getShape().equals(loss.getShape())
        && kept.getDataType() == loss.getDataType()
        && kept.getDevice().equals(loss.getDevice())) {
      return kept;
    }
    close();
    NDArray fresh = loss.onesLike();
    // It outlives the micro batch that made it.
    NDScope.unregister(fresh);
    fresh.detach();
    seed = fresh;
    return fresh;
  }

  @Override
  public void close() {
    if (seed != null) {
      seed.close();
      seed = null;
    }
  }
}
