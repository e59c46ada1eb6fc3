// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one micro batch has computed outside of autograd, for backward to take in reverse. To autograd,
 * each output is a leaf.
 */
final class FunctionPasses implements AutoCloseable {

  /** Takes the output's gradient from the end of a list; returns how many parameters have one now. */
  private interface Backward {
    long run(IValue saved, IValue gradients, IValue seen);
  }

  private record Pass(PtNDArray output, IValue saved, Backward backward) {}

  private final Kernels kernels = Kernels.shared();
  private final List<Pass> passes = new ArrayList<>();

  /** Functions that were once given an input with a gradient: a model does that always or never. */
  private final Set<KernelFunction> refused =
      Collections.newSetFromMap(new IdentityHashMap<KernelFunction, Boolean>());

  /** Where the gradients of a function's parameters belong; null if some are not wanted. */
  private final IdentityHashMap<KernelFunction, @Nullable IValue> places = new IdentityHashMap<>();

  @Nullable NDArray run(KernelFunction function, PtNDArray x, List<NDArray> parameters) {
    if (!places.containsKey(function)) {
      places.put(function, placesOf(function, parameters));
    }
    IValue at = places.get(function);
    if (at == null || refused.contains(function)) {
      return null;
    }
    try (IValue value = IValue.from(x);
        Results results = new Results(function.forward(value), x)) {
      PtNDArray leaf = results.leaf(0);
      passes.add(
          new Pass(
              leaf,
              results.take(1),
              (saved, gradients, seen) -> function.backward(saved, gradients, seen, at)));
      return leaf;
    } catch (EngineException e) {
      if (e.getMessage() == null || !e.getMessage().contains(KernelFunction.INPUT_HAS_GRADIENT)) {
        throw e;
      }
      refused.add(function);
      return null;
    }
  }

  private static @Nullable IValue placesOf(KernelFunction function, List<NDArray> parameters) {
    IdentityHashMap<NDArray, Integer> known = new IdentityHashMap<>();
    for (int i = 0; i < parameters.size(); i++) {
      known.put(parameters.get(i), i);
    }
    List<NDArray> own = function.parameters();
    if (!known.keySet().containsAll(own)) {
      return null;
    }
    return IValue.listFrom(own.stream().mapToLong(known::get).toArray());
  }

  /** Returns whether backward from {@code array} begins with the newest pass. */
  boolean endWith(NDArray array) {
    return !passes.isEmpty() && passes.get(passes.size() - 1).output() == array;
  }

  /** The summed cross entropy of the newest output, and the number of labels that count. */
  NDList crossEntropy(PtNDArray logits, PtNDArray labels) {
    try (IValue x = IValue.from(logits);
        IValue y = IValue.from(labels);
        IValue all = kernels.value("cross_entropy_forward", x, y);
        Results results = new Results(all.toIValueTuple(), logits)) {
      PtNDArray weight = results.copy(1);
      PtNDArray loss = results.leaf(0);
      passes.add(new Pass(loss, results.take(2), this::crossEntropyBackward));
      return new NDList(loss, weight);
    }
  }

  private long crossEntropyBackward(IValue saved, IValue gradients, IValue seen) {
    kernels.run("cross_entropy_backward", saved, gradients);
    return 0;
  }

  int size() {
    return passes.size();
  }

  /** The outputs, as an argument of type {@code List[Tensor]}; the caller closes it. */
  IValue leaves() {
    return IValue.listFrom(passes.stream().map(Pass::output).toArray(PtNDArray[]::new));
  }

  /**
   * Replaces the gradients of the outputs by those of the parameters.
   *
   * @param gradients those of all parameters, and behind them those of {@link #leaves}
   * @return how many of the functions' parameters have one now
   */
  long backward(IValue gradients, IValue seen) {
    long found = 0;
    for (int i = passes.size() - 1; i >= 0; i--) {
      Pass pass = passes.get(i);
      found = Math.max(found, pass.backward().run(pass.saved(), gradients, seen));
    }
    return found;
  }

  /** Frees what backward needed; the outputs are the micro batch's. */
  void forget() {
    passes.forEach(pass -> pass.saved().close());
    passes.clear();
  }

  @Override
  public void close() {
    forget();
    for (IValue value : places.values()) {
      if (value != null) {
        value.close();
      }
    }
    places.clear();
  }

  /** What a kernel returned. Closing it closes all that was not taken. */
  private static final class Results implements AutoCloseable {
    private final @Nullable IValue[] values;
    private final PtNDArray neighbour;

    Results(IValue[] values, PtNDArray neighbour) {
      this.values = values;
      this.neighbour = neighbour;
    }

    /**
     * The tensor in an array on the neighbour's manager. It is copied: kernels run in libtorch's
     * inference mode, out of whose tensors autograd makes nothing.
     */
    PtNDArray copy(int index) {
      IValue value = values[index];
      if (value == null) {
        throw new IllegalStateException("result " + index + " was taken");
      }
      try (PtNDArray tensor = value.toTensor(neighbour.getManager())) {
        return JniUtils.clone(tensor);
      }
    }

    PtNDArray leaf(int index) {
      PtNDArray leaf = copy(index);
      leaf.setRequiresGradient(true);
      return leaf;
    }

    IValue take(int index) {
      IValue value = values[index];
      if (value == null) {
        throw new IllegalStateException("result " + index + " was taken");
      }
      values[index] = null;
      return value;
    }

    @Override
    public void close() {
      for (IValue value : values) {
        if (value != null) {
          value.close();
        }
      }
    }
  }
}
