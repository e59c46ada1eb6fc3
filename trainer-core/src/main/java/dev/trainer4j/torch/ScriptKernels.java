// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Kernels of a model: the text of one TorchScript class, loaded, whose methods take part in
 * autograd.
 *
 * <p>They reach every operator of libtorch, and a method of many operators is one native call. A
 * method takes tensors, and after them, if it is called with weights, one {@code List[Tensor]}; it
 * returns a tensor or a tuple of tensors. What is constant for a model (sizes, rates) belongs into
 * the text. Kernels hold code and no state, so several threads may call them.
 *
 * <p>{@link #AUTOCAST} in the text stands for the scalar type of a {@link HalfType}, or for -1 where
 * there is none. Text that has it is compiled once for each type that {@link #in} is asked for.
 */
public final class ScriptKernels implements AutoCloseable {

  /** What stands in the text for the type that products are taken in. */
  public static final String AUTOCAST = "$autocast";

  private static final String WEIGHTS = "weights[]";
  private static final String METHOD = "module_method:";

  private final PtNDManager manager;
  private final String className;
  private final String source;
  private final PtSymbolBlock module;
  private final Map<HalfType, ScriptKernels> casting = new ConcurrentHashMap<>();
  private final NDArray absent;
  private final Map<String, NDArray> methods;

  private ScriptKernels(String className, String source) {
    this.className = className;
    this.source = source;
    methods = new ConcurrentHashMap<>();
    manager = (PtNDManager) TorchEngine.get().newBaseManager(Device.cpu());
    manager.setName("kernels " + className);
    try {
      module = load(-1);
      absent = manager.zeros(new Shape(0), DataType.INT64);
      NDScope.unregister(absent);
    } catch (RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  /** The same text with another type for products. */
  private ScriptKernels(ScriptKernels of, HalfType products) {
    className = of.className;
    source = of.source;
    manager = of.manager;
    absent = of.absent;
    methods = of.methods;
    module = load(products.scalarType());
  }

  private PtSymbolBlock load(long autocast) {
    String text = source.replace(AUTOCAST, Long.toString(autocast));
    return TorchScriptArchive.load(manager, className, text);
  }

  /**
   * Returns these kernels as they take products in {@code products}; they close with these.
   *
   * @param products null for the type of the operands, which is what these do
   */
  public ScriptKernels in(@Nullable HalfType products) {
    return products == null
        ? this
        : casting.computeIfAbsent(products, type -> new ScriptKernels(this, type));
  }

  /**
   * Compiles kernels.
   *
   * @param className the class that the text defines; methods name it as {@code
   *     __torch__.<className>}
   * @param source the text; {@code kernels.py} beside this class shows the dialect
   * @throws ai.djl.engine.EngineException if libtorch does not accept the text
   */
  public static ScriptKernels compile(String className, String source) {
    return new ScriptKernels(className, source);
  }

  /**
   * Compiles kernels whose text is a resource.
   *
   * @param owner the class that the resource lies beside
   * @param className the class that the text defines
   * @param resource a name without a path
   * @throws IllegalStateException if there is no such resource
   * @throws ai.djl.engine.EngineException if libtorch does not accept the text
   */
  public static ScriptKernels ofResource(Class<?> owner, String className, String resource) {
    return compile(className, text(owner, resource));
  }

  /**
   * Reads the text of kernels.
   *
   * @param owner the class that the resource lies beside
   * @param resource a name without a path
   * @throws IllegalStateException if there is no such resource
   */
  public static String text(Class<?> owner, String resource) {
    try (InputStream text = owner.getResourceAsStream(resource)) {
      if (text == null) {
        throw new IllegalStateException(
            resource + ", beside " + owner.getName() + ", is missing from the class path");
      }
      return new String(text.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Calls a method; its results belong to the manager of the first argument.
   *
   * @param method a method of the class
   * @param arguments its tensors; pass {@link #absent()} for one that is not there
   */
  public NDList call(String method, NDArray... arguments) {
    NDList list = new NDList(arguments.length + 1);
    list.addAll(List.of(arguments));
    list.add(marker(method));
    return ScriptCalls.forward(module, list);
  }

  /**
   * Calls a method whose last parameter is a {@code List[Tensor]}; its results belong to the manager
   * of the first argument.
   *
   * @param weights the list; DJL passes a list by the names of its arrays, so theirs are set
   */
  public NDList call(String method, List<NDArray> weights, NDArray... arguments) {
    NDList list = new NDList(arguments.length + weights.size() + 1);
    list.addAll(List.of(arguments));
    for (NDArray weight : weights) {
      if (!WEIGHTS.equals(weight.getName())) {
        weight.setName(WEIGHTS);
      }
      list.add(weight);
    }
    list.add(marker(method));
    return ScriptCalls.forward(module, list);
  }

  /**
   * Calls a method that returns nothing, for what it changes in place. It is not recorded, whether
   * recording is on or not.
   *
   * @param arguments an array, a list of arrays, a long, a long[] or a double[] for each
   *     parameter
   */
  public void run(String method, Object... arguments) {
    invoke(method, arguments).close();
  }

  /**
   * Calls a method that returns one tensor, with arguments as for {@link #run}.
   *
   * @param owner the manager that the result belongs to
   */
  public NDArray tensor(NDManager owner, String method, Object... arguments) {
    try (IValue result = invoke(method, arguments)) {
      return result.toTensor((PtNDManager) owner);
    }
  }

  private IValue invoke(String method, Object... arguments) {
    List<IValue> values = new ArrayList<>(arguments.length);
    try {
      for (Object argument : arguments) {
        values.add(value(argument));
      }
      return ScriptCalls.run(module, method, values.toArray(IValue[]::new));
    } finally {
      values.forEach(IValue::close);
    }
  }

  private static IValue value(Object argument) {
    if (argument instanceof PtNDArray array) {
      return IValue.from(array);
    }
    if (argument instanceof List<?> list) {
      return IValue.listFrom(list.toArray(PtNDArray[]::new));
    }
    if (argument instanceof Long number) {
      return IValue.from(number.longValue());
    }
    if (argument instanceof long[] numbers) {
      return IValue.listFrom(numbers);
    }
    if (argument instanceof double[] numbers) {
      return IValue.listFrom(numbers);
    }
    throw new IllegalArgumentException("a kernel takes no " + argument.getClass().getName());
  }

  /** Returns a tensor without elements, which stands for an argument that is not there. */
  public NDArray absent() {
    return absent;
  }

  /** DJL takes the method's name from an array that is called so. */
  private NDArray marker(String method) {
    return methods.computeIfAbsent(
        method,
        name -> {
          NDArray array = manager.create(0);
          array.setName(METHOD + name);
          // It outlives whatever scope the caller has open.
          NDScope.unregister(array);
          return array;
        });
  }

  @Override
  public void close() {
    casting.values().forEach(kernels -> kernels.module.close());
    module.close();
    manager.close();
  }
}
