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
public final class FreshGradients extends GradientList implements SummableGradients {

  private final Kernels kernels = Kernels.shared();
  private final List<NDArray> parameters;
  private final IValue parameterList;

  /** Whether each gradient is a copy of its own: where copy on write cannot be trusted. */
  private final boolean copies;

  /** 1 for a parameter that has had a gradient; the kernels write into it. */
  private final IValue seen;

  private @Nullable IValue gradients;

  /** Binds {@code parameters}. */
  public FreshGradients(List<NDArray> parameters) {
    this(parameters, parameters.stream().anyMatch(array -> array.getDevice().isGpu()));
  }

  FreshGradients(List<NDArray> parameters, boolean copies) {
    this.copies = copies;
    this.parameters = List.copyOf(parameters);
    parameterList = Kernels.list(parameters);
    seen = IValue.listFrom(new long[parameters.size()]);
  }

  /** Goes backward from a recorded loss; a second time before {@link #drop}, gradients add up. */
  void backward(PtNDArray loss, PtNDArray seed) {
    try (IValue lossValue = IValue.from(loss);
        IValue seedValue = IValue.from(seed);
        IValue copiesValue = IValue.from(copies)) {
      add(kernels.value("grad", lossValue, seedValue, parameterList, seen, copiesValue));
    }
  }

  /**
   * Goes backward through a part of a pass.
   *
   * @param outputs recorded, all of which take a gradient
   * @param starts the gradient of each
   * @param inputs of the part; those that take a gradient have one afterwards, as they have where gradients add up in
   *     the parameters
   */
  void backwardThrough(
      List<? extends NDArray> outputs, List<? extends NDArray> starts, List<NDArray> inputs) {
    List<NDArray> leaves = inputs.stream().filter(NDArray::hasGradient).toList();
    try (IValue outputsValue = Kernels.list(outputs);
        IValue startsValue = Kernels.list(starts);
        IValue leavesValue = Kernels.list(leaves);
        IValue copiesValue = IValue.from(copies);
        IValue found =
            kernels.value(
                "grad_through",
                outputsValue,
                startsValue,
                parameterList,
                leavesValue,
                seen,
                copiesValue);
        ArrayScope scope = ArrayScope.open();
        NDManager owner = parameters.get(0).getManager().newSubManager()) {
      NDList arrays = found.toNDList((PtNDManager) owner);
      add(Kernels.list(arrays.subList(0, parameters.size())));
      give(leaves, arrays.subList(parameters.size(), arrays.size()));
    }
  }

  /** Adds gradients to those that {@code getGradient()} of arrays shows; one without elements is none. */
  private void give(List<NDArray> arrays, List<NDArray> gradients) {
    if (gradients.stream().allMatch(gradient -> gradient.size() == 0)) {
      return;
    }
    List<NDArray> both = new ArrayList<>(arrays);
    both.addAll(gradients);
    try (Autograd.Recording on = Autograd.record(true);
        ArrayScope scope = ArrayScope.open()) {
      NDArray sum =
          kernels
              .differentiableList("with_gradients", kernels.constant(0.0), both)
              .singletonOrThrow();
      JniUtils.backward((PtNDArray) sum, (PtNDArray) sum.onesLike(), false, false);
    }
  }

  /**
   * Takes over gradients, adding them to those of an earlier backward pass.
   *
   * @param fresh one for each parameter, without elements where there is none
   */
  void add(IValue fresh) {
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

  /** The parameters, in the order of the gradients. */
  List<NDArray> parameters() {
    return parameters;
  }

  /** The parameters as an argument of type {@code List[Tensor]}, which stays this object's. */
  IValue parameterList() {
    return parameterList;
  }

  /** Which parameters have had a gradient, as {@code List[int]} that the kernels write into. */
  IValue seen() {
    return seen;
  }

  /** Returns whether there was no backward pass since the last {@link #drop}. */
  public boolean isEmpty() {
    return gradients == null;
  }

  /** Adds the gradients to those that {@code getGradient()} of the parameters shows. */
  public void publish() {
    try (ArrayScope scope = ArrayScope.open();
        NDManager owner = parameters.get(0).getManager().newSubManager()) {
      give(parameters, value().toNDList((PtNDManager) owner));
    }
  }

  /**
   * Hands the gradients over, each to be closed as soon as it is used up; then there are none here.
   *
   * @param owner of the arrays
   * @return one for each parameter, in their order; null for one that the losses did not depend on
   */
  public @Nullable NDArray[] take(NDManager owner) {
    try (IValue taken = value()) {
      gradients = null;
      NDList arrays = taken.toNDList((PtNDManager) owner);
      @Nullable NDArray[] result = new NDArray[arrays.size()];
      for (int i = 0; i < result.length; i++) {
        if (arrays.get(i).size() == 0) {
          arrays.get(i).close();
        } else {
          result[i] = arrays.get(i);
        }
      }
      return result;
    }
  }

  @Override
  public boolean[] present() {
    List<NDArray> all = all();
    boolean[] present = new boolean[all.size()];
    for (int i = 0; i < present.length; i++) {
      present[i] = all.get(i).size() > 0;
    }
    return present;
  }

  @Override
  public void require(boolean[] wanted) {
    List<NDArray> all = new ArrayList<>(all());
    boolean isComplete = true;
    for (int i = 0; i < wanted.length; i++) {
      if (wanted[i] && all.get(i).size() == 0) {
        all.set(i, parameters.get(i).zerosLike());
        isComplete = false;
      }
    }
    if (!isComplete) {
      IValue before = gradients;
      gradients = Kernels.list(all);
      if (before != null) {
        before.close();
      }
    }
  }

  @Override
  public List<NDArray> arrays() {
    return all().stream().filter(array -> array.size() > 0).toList();
  }

  /** One for each parameter, without elements where there is none. */
  private List<NDArray> all() {
    return value().toNDList((PtNDManager) parameters.get(0).getManager());
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
    parameterList.close();
    seen.close();
  }
}
