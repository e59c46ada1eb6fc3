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
import org.jspecify.annotations.Nullable;

/**
 * Gradients of a fixed list of parameters that exist from a backward pass to its update, as after
 * PyTorch's {@code zero_grad(set_to_none=True)}.
 *
 * <p>{@code getGradient()} of a parameter does not show them; {@link #publish} makes it so. Where
 * several micro batches add up, {@link Gradients} takes less memory.
 */
public final class FreshGradients extends GradientList {

  private static final ThreadLocal<@Nullable FreshGradients> COLLECTING = new ThreadLocal<>();

  private final Kernels kernels = Kernels.shared();
  private final List<NDArray> parameters;
  private final IValue parameterList;

  /** 1 for a parameter that has had a gradient; the kernels write into it. */
  private final IValue seen;

  private final IValue none = IValue.listFrom(new PtNDArray[0]);
  private final FunctionPasses passes = new FunctionPasses();

  private @Nullable IValue gradients;

  /** While it is open, {@link #apply} may be called on the thread that opened it. */
  public interface Collection extends AutoCloseable {
    @Override
    void close();
  }

  /** Binds {@code parameters}. */
  public FreshGradients(List<NDArray> parameters) {
    this.parameters = List.copyOf(parameters);
    parameterList = Kernels.list(parameters);
    seen = IValue.listFrom(new long[parameters.size()]);
  }

  /** Opens a micro batch on the calling thread: forward, loss and backward. */
  public Collection collect() {
    COLLECTING.set(this);
    return () -> {
      COLLECTING.remove();
      passes.forget();
    };
  }

  /** Returns the gradients that the micro batch of the calling thread will have, null if none are open. */
  public static @Nullable FreshGradients collecting() {
    return COLLECTING.get();
  }

  /**
   * Applies {@code function} outside of autograd; backward from a loss of the result takes the gradients
   * of its parameters, too.
   *
   * @return a leaf to autograd; null if x itself takes part in gradients, or a parameter is none of those
   *     whose gradients are wanted
   */
  public @Nullable NDArray apply(KernelFunction function, NDArray x) {
    return passes.run(function, (PtNDArray) x, parameters);
  }

  /**
   * Returns the cross entropy of {@code logits} that {@link #apply} has just returned, outside of autograd,
   * too: the sum, and the number of labels that are not -100. Null for other arrays.
   */
  @Nullable NDList crossEntropy(NDArray logits, NDArray labels) {
    return passes.endWith(logits)
        ? passes.crossEntropy((PtNDArray) logits, (PtNDArray) labels)
        : null;
  }

  /** Goes backward from a loss; a second time before {@link #drop}, gradients add up. */
  void backward(PtNDArray loss, PtNDArray seed) {
    IValue fresh = grad(loss, seed);
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

  private IValue grad(PtNDArray loss, PtNDArray seed) {
    try (IValue seedValue = IValue.from(seed)) {
      if (passes.size() == 0) {
        return recordedGrad(loss, seedValue, none);
      }
      IValue all = gradOfLeaves(loss, seedValue);
      if (passes.backward(all, seen) < parameters.size()) {
        kernels.run("fill", all, parameterList, seen);
      }
      return all;
    }
  }

  private IValue gradOfLeaves(PtNDArray loss, IValue seed) {
    if (passes.endWith(loss)) {
      try (IValue before = IValue.from(passes.size() - 1L)) {
        return kernels.value("grad_of_leaf", seed, parameterList, before);
      }
    }
    try (IValue leaves = passes.leaves()) {
      return recordedGrad(loss, seed, leaves);
    }
  }

  private IValue recordedGrad(PtNDArray loss, IValue seed, IValue leaves) {
    try (IValue lossValue = IValue.from(loss)) {
      return kernels.value("grad", lossValue, seed, parameterList, leaves, seen);
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
    passes.close();
    none.close();
    parameterList.close();
    seen.close();
  }
}
