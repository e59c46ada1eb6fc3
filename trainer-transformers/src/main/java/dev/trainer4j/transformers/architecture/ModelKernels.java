// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.architecture;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.HalfType;
import dev.trainer4j.torch.ScriptKernels;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The kernels of one text: for tensors alone, and, compiled when they are first asked for, with room for
 * one adapter, for two, and so on, for quantized weights, or with noise. So who has none computes and passes nothing
 * for them.
 */
public final class ModelKernels implements AutoCloseable {

  private final String className;
  private final String text;
  private final ScriptKernels plain;
  private final NDManager manager;

  /** Weights are floating point numbers, and so is one that is not there. */
  private final NDArray none;

  private final Map<KernelLayout, ScriptKernels> others = new ConcurrentHashMap<>();

  ModelKernels(String className, String text) {
    this.className = className;
    this.text = text;
    plain = compile(KernelLayout.PLAIN);
    manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
    manager.setName("constants of " + className);
    none = ArrayScope.keep(manager.create(new float[0]), manager);
  }

  private ScriptKernels compile(KernelLayout layout) {
    return ScriptKernels.compile(className, layout.textOf(className, text));
  }

  /** Returns slots of a kernel, with an empty name for what a model lacks. */
  public Slots slots(List<String> names) {
    return new Slots(names, none);
  }

  /** Returns the kernels for tensors alone, and for methods that have no linear layer. */
  public ScriptKernels plain() {
    return plain;
  }

  /** Returns the kernels for weights of a layout. */
  public ScriptKernels with(KernelLayout layout) {
    return layout.equals(KernelLayout.PLAIN)
        ? plain
        : others.computeIfAbsent(layout, this::compile);
  }

  /**
   * Calls a method with weights.
   *
   * @param products the type that products are taken in, null for that of the weights
   */
  public NDList call(
      String method, @Nullable HalfType products, KernelWeights weights, NDArray... arguments) {
    return with(weights.layout()).in(products).call(method, weights.arrays(), arguments);
  }

  @Override
  public void close() {
    others.values().forEach(ScriptKernels::close);
    plain.close();
    manager.close();
  }
}
