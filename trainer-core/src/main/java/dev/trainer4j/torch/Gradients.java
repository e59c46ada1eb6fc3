// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The gradients of a fixed list of parameters that backward adds up in them, as {@code
 * getGradient()} shows: divide, clip, zero.
 *
 * <p>A parameter has no gradient until a loss first depends on it; from then on libtorch adds to one
 * array, which is zeroed and never replaced. So once every parameter has one, they need no more
 * looking up.
 */
public final class Gradients extends GradientList implements SummableGradients {

  private final Kernels kernels = Kernels.shared();
  private final List<NDArray> parameters;
  private final @Nullable NDArray[] found;
  private int missing;
  private @Nullable IValue present;

  /** Binds {@code parameters}; none needs to have a gradient yet. */
  public Gradients(List<NDArray> parameters) {
    this.parameters = List.copyOf(parameters);
    found = new NDArray[parameters.size()];
    missing = found.length;
  }

  /** Looks for gradients that did not exist before; returns how many there are. */
  public int refresh() {
    int before = missing;
    for (int i = 0; missing > 0 && i < found.length; i++) {
      if (found[i] == null) {
        PtNDArray gradient = JniUtils.getGradient((PtNDArray) parameters.get(i));
        if (gradient != null) {
          NDScope.unregister(gradient);
          found[i] = gradient;
          missing--;
        }
      }
    }
    if (missing != before) {
      release();
      present = Kernels.list(found());
    }
    return found.length - missing;
  }

  /** Returns whether parameter {@code index} has a gradient, as far as {@link #refresh} saw. */
  public boolean has(int index) {
    return found[index] != null;
  }

  /** Returns the gradient of parameter {@code index}, null as long as it has none; it stays this object's. */
  public @Nullable NDArray array(int index) {
    return found[index];
  }

  /** Those that exist. */
  @Override
  IValue value() {
    IValue value = present;
    if (value == null) {
      throw new IllegalStateException("no loss has depended on any of the parameters yet");
    }
    return value;
  }

  @Override
  public Measure measure(List<NDArray> losses, double inverseWeight) {
    refresh();
    return super.measure(losses, inverseWeight);
  }

  @Override
  public boolean[] present() {
    refresh();
    boolean[] present = new boolean[found.length];
    for (int i = 0; i < found.length; i++) {
      present[i] = found[i] != null;
    }
    return present;
  }

  @Override
  public void require(boolean[] wanted) {
    List<NDArray> both = new ArrayList<>();
    for (int i = 0; i < wanted.length; i++) {
      if (wanted[i] && found[i] == null) {
        both.add(parameters.get(i));
      }
    }
    if (both.isEmpty()) {
      return;
    }
    try (Autograd.Recording on = Autograd.record(true);
        ArrayScope scope = ArrayScope.open()) {
      for (NDArray parameter : List.copyOf(both)) {
        both.add(parameter.zerosLike());
      }
      NDArray sum =
          kernels
              .differentiableList("with_gradients", kernels.constant(0.0), both)
              .singletonOrThrow();
      JniUtils.backward((PtNDArray) sum, (PtNDArray) sum.onesLike(), false, false);
    }
    refresh();
  }

  /** They stay this object's. */
  @Override
  public List<NDArray> arrays() {
    refresh();
    return found();
  }

  private List<NDArray> found() {
    List<NDArray> gradients = new ArrayList<>();
    for (NDArray gradient : found) {
      if (gradient != null) {
        gradients.add(gradient);
      }
    }
    return gradients;
  }

  /** Gives memory to gradients that {@link MovableTensors} have displaced, in a training before this one. */
  public void restore() {
    refresh();
    for (int i = 0; i < found.length; i++) {
      NDArray gradient = found[i];
      if (gradient != null && JniUtils.getShape((PtNDArray) gradient).size() == 0) {
        NDArray parameter = parameters.get(i);
        try (NDArray memory =
            parameter
                .getManager()
                .zeros(
                    new Shape(parameter.size()), parameter.getDataType(), parameter.getDevice())) {
          new MovableTensors(List.of(gradient), List.of(parameter.getShape()))
              .place(memory, new long[] {0});
        }
      }
    }
  }

  /** Sets all gradients that exist to zero. */
  public void zero() {
    refresh();
    if (present != null) {
      kernels.run("zero", present);
    }
  }

  @Override
  String updateKernel() {
    return "update";
  }

  private void release() {
    if (present != null) {
      present.close();
      present = null;
    }
  }

  @Override
  public void close() {
    release();
    for (NDArray gradient : found) {
      if (gradient != null) {
        gradient.close();
      }
    }
  }
}
