// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The library's TorchScript kernels, loaded at first use and called by name.
 *
 * <p>Kernels reach every operator of libtorch, including those that DJL does not expose, and do the
 * work of a whole update in one native call. Their text is {@code kernels.py} beside this class.
 * They hold code and constants but no state, so all trainers of a JVM share them from any thread.
 */
final class Kernels {

  private static final class Shared {
    static final Kernels INSTANCE = new Kernels();
  }

  private static final String CLASS_NAME = "Kernels";
  private static final String MARKER = "module_method:";

  private final PtNDManager manager;
  private final PtSymbolBlock module;
  private final Map<Object, NDArray> constants = new ConcurrentHashMap<>();

  private Kernels() {
    manager = (PtNDManager) TorchEngine.get().newBaseManager(ai.djl.Device.cpu());
    manager.setName("trainer4j kernels");
    module =
        TorchScriptArchive.load(
            manager, CLASS_NAME, ScriptKernels.text(Kernels.class, "kernels.py"));
  }

  static Kernels shared() {
    return Shared.INSTANCE;
  }

  /** Calls a kernel outside of autograd and drops what it returns. */
  void run(String method, IValue... arguments) {
    ScriptCalls.run(module, method, arguments).close();
  }

  /** Calls a kernel outside of autograd; the caller closes what it returns. */
  IValue value(String method, IValue... arguments) {
    return ScriptCalls.run(module, method, arguments);
  }

  /** Calls a kernel outside of autograd that returns one tensor; it belongs to {@code owner}. */
  NDArray tensor(NDManager owner, String method, IValue... arguments) {
    try (IValue result = ScriptCalls.run(module, method, arguments)) {
      return result.toTensor((PtNDManager) owner);
    }
  }

  /**
   * Calls a kernel outside of autograd that returns one tensor, which may become a weight: it belongs to {@code owner} and to no scope.
   *
   * <p>What a kernel returns is an inference tensor, of which no backward pass can keep anything. So this is a copy.
   */
  NDArray weight(NDManager owner, String method, IValue... arguments) {
    try (NDArray result = tensor(owner, method, arguments)) {
      NDArray copy = result.duplicate();
      NDScope.unregister(copy);
      return copy;
    }
  }

  /** Calls a kernel outside of autograd that returns one number. */
  double number(String method, IValue... arguments) {
    try (IValue result = ScriptCalls.run(module, method, arguments)) {
      return result.toDouble();
    }
  }

  /** Calls a kernel outside of autograd that returns one integer. */
  long integer(String method, IValue... arguments) {
    try (IValue result = ScriptCalls.run(module, method, arguments)) {
      return result.toLong();
    }
  }

  /** Calls a kernel outside of autograd that returns a list of integers. */
  long[] integers(String method, IValue... arguments) {
    try (IValue result = ScriptCalls.run(module, method, arguments)) {
      return result.toLongArray();
    }
  }

  /** Calls a kernel outside of autograd that returns a list of numbers. */
  double[] numbers(String method, IValue... arguments) {
    try (IValue result = ScriptCalls.run(module, method, arguments)) {
      return result.toDoubleArray();
    }
  }

  /** Calls a kernel within autograd; results belong to the manager of the first argument. */
  NDList differentiable(String method, NDArray... arguments) {
    NDList list = new NDList(arguments.length + 1);
    for (NDArray argument : arguments) {
      list.add(argument);
    }
    list.add(constant(MARKER + method));
    return ScriptCalls.forward(module, list);
  }

  /**
   * Calls a kernel of a tensor and a {@code List[Tensor]} within autograd; returns its list.
   *
   * @param arrays DJL passes a list by the names of its arrays, which are put back afterwards
   */
  NDList differentiableList(String method, NDArray first, List<NDArray> arrays) {
    NDList list = new NDList(arrays.size() + 2);
    list.add(first);
    String[] names = new String[arrays.size()];
    for (int i = 0; i < names.length; i++) {
      names[i] = arrays.get(i).getName();
      arrays.get(i).setName("xs[]");
      list.add(arrays.get(i));
    }
    list.add(constant(MARKER + method));
    try {
      return ScriptCalls.forward(module, list);
    } finally {
      for (int i = 0; i < names.length; i++) {
        arrays.get(i).setName(names[i]);
      }
    }
  }

  /**
   * Returns a scalar on the CPU that lives as long as the kernels: DJL passes nothing but tensors
   * through calls within autograd. A string gives the array that names the method.
   */
  NDArray constant(Object value) {
    return constants.computeIfAbsent(value, this::createConstant);
  }

  private NDArray createConstant(Object value) {
    NDArray array =
        value instanceof Long number
            ? manager.create(number.longValue())
            : manager.create(value instanceof Double number ? number.doubleValue() : 0.0);
    if (value instanceof String name) {
      array.setName(name);
    }
    // It outlives whatever scope the caller has open.
    NDScope.unregister(array);
    return array;
  }

  /** Returns the arrays as one argument of type {@code List[Tensor]}; the caller closes it. */
  static IValue list(List<? extends NDArray> arrays) {
    return IValue.listFrom(arrays.toArray(PtNDArray[]::new));
  }
}
