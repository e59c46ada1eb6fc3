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
 * The kernels of one text: without adapters and noise, and, compiled when they are first asked for, with room
 * for one adapter, for two, and so on, and with noise. So who has none computes and passes nothing for them.
 */
public final class ModelKernels implements AutoCloseable {

  /** What stands in the text for the number of adapters that a linear layer has at most. */
  static final String ADAPTERS = "$adapters";

  /** What stands in the text for the noise in embeddings. */
  static final String NOISE = "$noise";

  private final String className;
  private final String text;
  private final ScriptKernels plain;
  private final NDManager manager;

  /** Weights are floating point numbers, and so is one that is not there. */
  private final NDArray none;

  private final Map<Variant, ScriptKernels> variants = new ConcurrentHashMap<>();

  /** What the text is compiled for. */
  private record Variant(int adapters, double noise) {
    static final Variant PLAIN = new Variant(0, 0);
  }

  ModelKernels(String className, String text) {
    this.className = className;
    this.text = text;
    plain = compile(Variant.PLAIN);
    manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
    manager.setName("constants of " + className);
    none = ArrayScope.keep(manager.create(new float[0]), manager);
  }

  private ScriptKernels compile(Variant variant) {
    return ScriptKernels.compile(
        className,
        text.replace(ADAPTERS, Integer.toString(variant.adapters))
            .replace(NOISE, Double.toString(variant.noise)));
  }

  /** Returns slots of a kernel, with an empty name for what a model lacks. */
  public Slots slots(List<String> names) {
    return new Slots(names, none);
  }

  /** Returns the kernels without adapters, for methods that have no linear layer. */
  public ScriptKernels plain() {
    return plain;
  }

  /** Returns the kernels for weights with so many adapters, as {@link KernelWeights} has them. */
  public ScriptKernels with(int adapters) {
    return with(new Variant(adapters, 0));
  }

  private ScriptKernels with(Variant variant) {
    return variant.equals(Variant.PLAIN) ? plain : variants.computeIfAbsent(variant, this::compile);
  }

  /**
   * Calls a method with weights.
   *
   * @param products the type that products are taken in, null for that of the weights
   */
  public NDList call(
      String method, @Nullable HalfType products, KernelWeights weights, NDArray... arguments) {
    return with(new Variant(weights.adapters(), weights.noise()))
        .in(products)
        .call(method, weights.arrays(), arguments);
  }

  @Override
  public void close() {
    variants.values().forEach(ScriptKernels::close);
    plain.close();
    manager.close();
  }
}
