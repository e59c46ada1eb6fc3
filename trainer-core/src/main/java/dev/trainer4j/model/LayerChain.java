// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.Dropout;
import ai.djl.training.ParameterStore;
import dev.trainer4j.torch.KernelFunction;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The layers of a block that work on vectors, as one kernel forward and one backward.
 *
 * <p>A small layer costs more to call and to record than to compute. Linear layers, activations and
 * dropout that follow each other are written as the operators that autograd itself would call, in the
 * same order, so that outputs, gradients and random numbers are the same to the bit.
 *
 * <p>Only DJL's own layers are known; a chain of them must reach to the end of the block. What is
 * before it and has no parameters, such as a flattening, runs as it is.
 */
final class LayerChain implements AutoCloseable {

  /** What DJL's activations are made of: the functions themselves, for a name proves nothing. */
  private static final IdentityHashMap<Object, Consumer<LayerChainText>> ACTIVATIONS =
      new IdentityHashMap<>();

  static {
    know(Activation.reluBlock(), LayerChainText::relu);
    know(Activation.tanhBlock(), LayerChainText::tanh);
    know(Activation.sigmoidBlock(), LayerChainText::sigmoid);
    know(Activation.geluBlock(), LayerChainText::gelu);
  }

  private final List<Block> before;
  private final List<Block> layers;

  /** The input features of the first layer. */
  private final long features;

  private final KernelFunction function;

  private LayerChain(List<Block> before, List<Block> layers, LayerChainText text) {
    this.before = List.copyOf(before);
    this.layers = List.copyOf(layers);
    List<NDArray> parameters = text.parameters();
    features = parameters.get(0).getShape().get(1);
    function = new KernelFunction(LayerChainText.CLASS_NAME, text.toString(), parameters);
  }

  /** Returns the layers of an initialized block on {@code device}; null if it ends in none that is known. */
  static @Nullable LayerChain of(Block block, Device device) {
    List<Block> blocks = new ArrayList<>();
    flatten(block, blocks);
    int start = blocks.size();
    while (start > 0 && isKnown(blocks.get(start - 1), device)) {
      start--;
    }
    while (start < blocks.size() && !(blocks.get(start) instanceof Linear)) {
      start++;
    }
    List<Block> before = blocks.subList(0, start);
    List<Block> layers = blocks.subList(start, blocks.size());
    LayerChainText text = new LayerChainText();
    layers.forEach(layer -> write(layer, text));
    boolean isChain =
        !layers.isEmpty()
            && text.parameters().stream().allMatch(p -> p.getDataType() == DataType.FLOAT32)
            && before.stream().allMatch(other -> other.getParameters().isEmpty());
    return isChain ? new LayerChain(before, layers, text) : null;
  }

  /** Returns the kernels. */
  KernelFunction function() {
    return function;
  }

  private static void flatten(Block block, List<Block> blocks) {
    if (block.getClass() == SequentialBlock.class
        && !((SequentialBlock) block).isReturnIntermediate()) {
      block.getChildren().values().forEach(child -> flatten(child, blocks));
    } else {
      blocks.add(block);
    }
  }

  private static boolean isKnown(Block block, Device device) {
    return block.getClass() == Linear.class
        || (block.getClass() == Dropout.class
            && !device.isGpu() // draws in another way
            && valueOf(block, "rate") instanceof Float rate
            && rate < 1)
        || (block.getClass() == LambdaBlock.class
            && ACTIVATIONS.containsKey(valueOf(block, "lambda")));
  }

  private static void write(Block layer, LayerChainText text) {
    if (layer instanceof Linear) {
      List<Parameter> own = layer.getDirectParameters().values();
      text.linear(own.get(0).getArray(), own.size() == 1 ? null : own.get(1).getArray());
    } else if (layer instanceof Dropout) {
      if (valueOf(layer, "rate") instanceof Float rate && rate > 0) {
        text.dropout(rate);
      }
    } else {
      Objects.requireNonNull(ACTIVATIONS.get(valueOf(layer, "lambda"))).accept(text);
    }
  }

  private static void know(Block activation, Consumer<LayerChainText> writer) {
    Object lambda = valueOf(activation, "lambda");
    if (lambda != null) {
      ACTIVATIONS.put(lambda, writer);
    }
  }

  /** What DJL shows to nobody; null where it cannot be seen, and then nothing is known of the block. */
  private static @Nullable Object valueOf(Block block, String field) {
    try {
      Field found = block.getClass().getDeclaredField(field);
      found.setAccessible(true);
      return found.get(block);
    } catch (ReflectiveOperationException | RuntimeException e) {
      return null;
    }
  }

  /** Runs what is before the layers. */
  NDList before(ParameterStore store, NDList inputs) {
    return run(before, store, inputs);
  }

  /** Runs the layers as they are, for what the kernels do not take. */
  NDList layers(ParameterStore store, NDList hidden) {
    return run(layers, store, hidden);
  }

  private static NDList run(List<Block> blocks, ParameterStore store, NDList inputs) {
    NDList hidden = inputs;
    for (Block block : blocks) {
      hidden = block.forward(store, hidden, true);
    }
    return hidden;
  }

  /** Returns whether the kernels take what is before them gave. */
  boolean takes(NDList hidden) {
    if (hidden.size() != 1) {
      return false;
    }
    Shape shape = hidden.head().getShape();
    return shape.dimension() == 2
        && shape.get(1) == features
        && hidden.head().getDataType() == DataType.FLOAT32;
  }

  @Override
  public String toString() {
    return layers.size() + (layers.size() == 1 ? " layer" : " layers");
  }

  @Override
  public void close() {
    function.close();
  }
}
