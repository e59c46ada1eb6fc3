// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Gradients of a fixed list of parameters that exist from a backward pass to its update, as after
 * PyTorch's {@code zero_grad(set_to_none=True)}.
 *
 * <p>{@code getGradient()} of a parameter does not show them; {@link #publish} makes it so. Where
 * several micro batches add up, {@link Gradients} takes less memory.
 */
public final class FreshGradients extends GradientList {

  private static final ThreadLocal<@Nullable FreshGradients> OPEN = new ThreadLocal<>();

  private final Kernels kernels = Kernels.shared();
  private final List<NDArray> parameters;
  private final IValue parameterList;

  /** 1 for a parameter that has had a gradient; the kernels write into it. */
  private final IValue seen;

  private final UnrecordedPass pass;
  private @Nullable Resource resource;
  private @Nullable IValue gradients;

  /** The micro batch of a thread, from before its forward pass to behind its backward pass. */
  public interface MicroBatch extends AutoCloseable {
    @Override
    void close();
  }

  /** What a model keeps as long as there are these gradients. */
  public interface Resource extends AutoCloseable {
    @Override
    void close();
  }

  /** Binds {@code parameters}. */
  public FreshGradients(List<NDArray> parameters) {
    this.parameters = List.copyOf(parameters);
    parameterList = Kernels.list(parameters);
    seen = IValue.listFrom(new long[parameters.size()]);
    pass = new UnrecordedPass(this.parameters);
  }

  /**
   * Opens a micro batch on the calling thread in which nobody but the library stands between the model's
   * forward pass, cross entropy and backward, so that autograd need not know of them.
   *
   * @param gradients those that it will have; null for a micro batch that autograd records
   */
  public static MicroBatch open(@Nullable FreshGradients gradients) {
    FreshGradients outer = OPEN.get();
    OPEN.set(gradients);
    return () -> {
      OPEN.set(outer);
      if (gradients != null) {
        gradients.pass.forget();
      }
    };
  }

  /** Returns the gradients of the micro batch that the calling thread has open, null without one. */
  public static @Nullable FreshGradients current() {
    return OPEN.get();
  }

  /** Returns what the model keeps here, made at the first call and closed with the gradients. */
  public <T extends Resource> T resource(Class<T> type, Supplier<T> maker) {
    if (resource == null) {
      resource = maker.get();
    }
    return type.cast(resource);
  }

  /**
   * Applies {@code function} outside of autograd. The only thing to do with the result is {@link
   * TorchFunctions#crossEntropy}, and with that, backward.
   *
   * @return null if x itself takes part in gradients, or a parameter is none of those whose gradients are
   *     wanted; then autograd must do it
   */
  public @Nullable NDArray apply(KernelFunction function, NDArray x) {
    return pass.run(function, (PtNDArray) x);
  }

  /** Returns the cross entropy of what {@link #apply} returned, null of other arrays. */
  @Nullable NDList crossEntropy(NDArray logits, NDArray labels) {
    return pass.crossEntropy((PtNDArray) logits, (PtNDArray) labels);
  }

  /** Goes backward from a loss; a second time before {@link #drop}, gradients add up. */
  void backward(PtNDArray loss, PtNDArray seed) {
    try (IValue seedValue = IValue.from(seed)) {
      IValue unrecorded = pass.backward(loss, seedValue, parameterList, seen);
      IValue fresh = unrecorded != null ? unrecorded : recorded(loss, seedValue);
      IValue before = gradients;
      if (before == null) {
        gradients = fresh;
        return;
      }
      try (before;
          fresh) {
        gradients = null;
        gradients = kernels.value("add", before, fresh);
      }
    }
  }

  private IValue recorded(PtNDArray loss, IValue seed) {
    try (IValue lossValue = IValue.from(loss)) {
      return kernels.value("grad", lossValue, seed, parameterList, seen);
    }
  }

  /** Returns whether there was no backward pass since the last {@link #drop}. */
  public boolean isEmpty() {
    return gradients == null;
  }

  /** Adds the gradients to those that {@code getGradient()} of the parameters shows. */
  public void publish() {
    try (Autograd.Recording on = Autograd.record(true);
        ArrayScope scope = ArrayScope.open();
        NDManager owner = parameters.get(0).getManager().newSubManager()) {
      List<NDArray> both = new ArrayList<>(parameters);
      NDList arrays = value().toNDList((PtNDManager) owner);
      both.addAll(arrays);
      NDArray sum =
          kernels
              .differentiableList("with_gradients", kernels.constant(0.0), both)
              .singletonOrThrow();
      JniUtils.backward((PtNDArray) sum, (PtNDArray) sum.onesLike(), false, false);
    }
  }

  /** Frees the gradients. */
  public void drop() {
    if (gradients != null) {
      gradients.close();
      gradients = null;
    }
  }

  @Override
  IValue value() {
    IValue value = gradients;
    if (value == null) {
      throw new IllegalStateException("there was no backward pass for this update");
    }
    return value;
  }

  @Override
  String updateKernel() {
    return "update_fresh";
  }

  @Override
  public void close() {
    drop();
    pass.close();
    if (resource != null) {
      resource.close();
      resource = null;
    }
    parameterList.close();
    seen.close();
  }
}
