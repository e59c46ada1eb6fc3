// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gradients without DJL's collector, of which a JVM can have only one at a time.
 *
 * <p>Recording is a property of the calling thread in libtorch. Gradients add up in the parameters
 * until the update zeroes them, which is all that gradient accumulation needs; or, for an update of one
 * micro batch, they go into {@link FreshGradients}.
 */
public final class Autograd implements PartialBackward, AutoCloseable {

  /** What {@link #record} was last called with in this thread, null outside of it. */
  private static final ThreadLocal<@Nullable Boolean> ASKED = new ThreadLocal<>();

  private @Nullable NDArray seed;
  private double seedValue;

  /** What recording was before {@link #record}; closing it puts that back. */
  public interface Recording extends AutoCloseable {
    @Override
    void close();
  }

  /** Switches recording on ({@code true}) or off for the calling thread until closed. */
  public static Recording record(boolean on) {
    Boolean askedBefore = ASKED.get();
    boolean before = JniUtils.isGradMode();
    ASKED.set(on);
    if (before != on) {
      JniUtils.setGradMode(on);
    }
    return () -> {
      if (before != on) {
        JniUtils.setGradMode(before);
      }
      if (askedBefore == null) {
        ASKED.remove();
      } else {
        ASKED.set(askedBefore);
      }
    };
  }

  /**
   * Whether {@link #record} has switched recording on for the calling thread. Where nobody has asked,
   * libtorch records in every thread but the one that has loaded it, which tells nothing of what is wanted.
   */
  public static boolean isAsked() {
    return Boolean.TRUE.equals(ASKED.get());
  }

  /** Whether the calling thread records, whoever has switched it on. */
  public static boolean isOn() {
    return JniUtils.isGradMode();
  }

  /**
   * Adds the gradients of {@code loss} to its parameters and frees the graph.
   *
   * @param loss a scalar computed while recording
   * @throws IllegalArgumentException if the loss is no scalar or depends on no parameter
   */
  public void backward(NDArray loss) {
    backward(loss, 1, null);
  }

  /**
   * Takes the gradients of {@code loss}, times {@code factor}, and frees the graph.
   *
   * @param loss a scalar computed while recording
   * @param factor what backward starts from: the scale of a loss, at no cost
   * @param fresh where the gradients go; null to add them up in the parameters
   * @throws IllegalArgumentException if the loss is no scalar or depends on no parameter
   */
  public void backward(NDArray loss, double factor, @Nullable FreshGradients fresh) {
    requireScalar(loss);
    PtNDArray start = (PtNDArray) seedFor(loss, factor);
    dependingOnParameters(
        () -> {
          if (fresh == null) {
            JniUtils.backward((PtNDArray) loss, start, false, false);
          } else {
            fresh.backward((PtNDArray) loss, start);
          }
        });
  }

  private static void dependingOnParameters(Runnable backward) {
    try {
      backward.run();
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

  /**
   * Takes the gradients of the loss of a pass outside of autograd, times {@code factor}.
   *
   * @param loss what {@code pass} gave
   */
  public void backwardOf(UnrecordedPass pass, NDArray loss, double factor) {
    pass.backward(seedFor(loss, factor));
  }

  private static void requireScalar(NDArray loss) {
    if (loss.size() != 1) {
      throw new IllegalArgumentException(
          "the loss must be a scalar, but has shape "
              + loss.getShape()
              + "; reduce it with sum() and pass its weight");
    }
  }

  /** Gradients add up in the parameters. */
  @Override
  public void ofLoss(NDArray loss, double factor, List<NDArray> inputs) {
    backward(loss, factor, null);
  }

  /** Gradients add up in the parameters. */
  @Override
  public void of(List<NDArray> outputs, List<NDArray> leaves, List<NDArray> inputs) {
    Starts starts = starts(outputs, leaves);
    for (int i = 0; i < starts.outputs.size(); i++) {
      boolean keep = i < starts.outputs.size() - 1;
      JniUtils.backward(starts.outputs.get(i), starts.gradients.get(i), keep, false);
    }
  }

  /** Returns the parts of a backward pass whose gradients of parameters go into arrays of their own. */
  public PartialBackward into(FreshGradients fresh) {
    return new PartialBackward() {
      @Override
      public void ofLoss(NDArray loss, double factor, List<NDArray> inputs) {
        requireScalar(loss);
        dependingOnParameters(
            () -> fresh.backwardThrough(List.of(loss), List.of(seedFor(loss, factor)), inputs));
      }

      @Override
      public void of(List<NDArray> outputs, List<NDArray> leaves, List<NDArray> inputs) {
        Starts starts = starts(outputs, leaves);
        if (!starts.outputs.isEmpty()) {
          fresh.backwardThrough(starts.outputs, starts.gradients, inputs);
        }
      }
    };
  }

  /** What a backward pass can start from. */
  private record Starts(List<PtNDArray> outputs, List<PtNDArray> gradients) {}

  private static Starts starts(List<NDArray> outputs, List<NDArray> leaves) {
    Starts starts = new Starts(new ArrayList<>(), new ArrayList<>());
    for (int i = 0; i < outputs.size(); i++) {
      PtNDArray gradient =
          leaves.get(i).hasGradient() ? JniUtils.getGradient((PtNDArray) leaves.get(i)) : null;
      if (gradient != null && takesGradient((PtNDArray) outputs.get(i))) {
        starts.outputs.add((PtNDArray) outputs.get(i));
        starts.gradients.add(gradient);
      }
    }
    return starts;
  }

  /** DJL tells so of leaves alone. */
  private static boolean takesGradient(PtNDArray array) {
    try (IValue argument = IValue.from(array)) {
      return Kernels.shared().integer("takes_gradient", argument) == 1;
    }
  }

  /** The factor in the loss's shape, type and device, kept because every micro batch needs it. */
  private NDArray seedFor(NDArray loss, double factor) {
    NDArray kept = seed;
    if (kept != null
        && seedValue == factor
        && kept.getShape().equals(loss.getShape())
        && kept.getDataType() == loss.getDataType()
        && kept.getDevice().equals(loss.getDevice())) {
      return kept;
    }
    close();
    NDArray fresh = filled(loss, factor);
    seedValue = factor;
    // It outlives the micro batch that made it.
    NDScope.unregister(fresh);
    fresh.detach();
    seed = fresh;
    return fresh;
  }

  /** Made on the device: a number that went there would be waited for. DJL fills with float32 numbers only. */
  private static NDArray filled(NDArray loss, double factor) {
    DataType type = loss.getDataType();
    boolean exact =
        (float) factor == factor && (type == DataType.FLOAT32 || type == DataType.FLOAT64);
    if (factor != 1 && exact) {
      return loss.getManager().full(loss.getShape(), (float) factor, type);
    }
    return factor == 1 ? loss.onesLike() : loss.onesLike().mul(factor);
  }

  @Override
  public void close() {
    if (seed != null) {
      seed.close();
      seed = null;
    }
  }
}
