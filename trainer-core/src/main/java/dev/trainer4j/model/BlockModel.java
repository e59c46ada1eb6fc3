// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.core.Embedding;
import ai.djl.training.ParameterStore;
import ai.djl.util.Pair;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.EngineMessage;
import dev.trainer4j.torch.HalfType;
import dev.trainer4j.torch.TorchFunctions;
import dev.trainer4j.torch.TrainableFlags;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A DJL {@link Block} as a model.
 *
 * <p>The block receives all inputs but the labels, in the collator's order. Its first output is
 * called {@code logits}; further ones keep the names of their arrays, or are {@code output_1} and
 * so on. A block that is not yet initialized is, in float32, from the shapes of the first batch.
 *
 * <p>With 16 bits all of the block computes in them, norms included, over copies of its parameters;
 * inputs are cast, outputs cast back. A block of one's own that creates arrays must not ask for the
 * type of its input then: DJL has no bfloat16.
 */
public final class BlockModel implements MixedPrecisionModel {

  private final Block block;
  private final NDManager manager;
  private final List<String> labelNames;
  private final ParameterStore parameterStore;

  /** The type that passes compute in, null for that of the parameters. */
  private final @Nullable HalfType type;

  /** Copies of the parameters in that type; null if each pass makes its own. */
  private final @Nullable BlockPrecision halved;

  /** What passes of training add to embeddings; null for nothing. */
  private final @Nullable BlockNoise noise;

  /**
   * Wraps a block.
   *
   * @param manager owns the parameters of a block that is not yet initialized
   * @param labelNames the inputs that are labels and not for the block
   */
  public BlockModel(Block block, NDManager manager, Collection<String> labelNames) {
    this.block = block;
    this.manager = manager;
    this.labelNames = List.copyOf(labelNames);
    parameterStore = new ParameterStore(manager, false);
    type = null;
    halved = null;
    noise = null;
    if (block.isInitialized()) {
      requireGradients();
    }
  }

  private BlockModel(
      BlockModel of,
      @Nullable HalfType type,
      @Nullable BlockPrecision halved,
      @Nullable BlockNoise noise) {
    block = of.block;
    manager = of.manager;
    labelNames = of.labelNames;
    parameterStore = of.parameterStore;
    this.type = type;
    this.halved = halved;
    this.noise = noise;
  }

  /**
   * Returns this model as it adds noise to what one child of its block gives, in forward passes of training alone: a view with the same
   * parameters, which is not to be closed. The noise is that of {@link NoisyEmbeddings#withEmbeddingNoise}.
   *
   * @param embedding names a child of a {@link ai.djl.nn.SequentialBlock}, as names of parameters begin: {@code 01Embedding}, and in a
   *     nested chain {@code 01SequentialBlock_01Embedding}; it gives [texts, length, width]
   * @param alpha above 0
   * @throws IllegalArgumentException if the block is no such chain, or has no child of this name
   */
  public BlockModel withEmbeddingNoise(String embedding, double alpha) {
    return new BlockModel(this, type, halved, new BlockNoise(block, embedding, alpha));
  }

  /** Returns what {@link #withEmbeddingNoise} may name, in words. */
  public String namedEmbeddings() {
    return BlockNoise.candidates(block);
  }

  @Override
  public boolean isInitialized() {
    return block.isInitialized();
  }

  @Override
  public void initialize(ModelInputs firstBatch) {
    if (block.isInitialized()) {
      return;
    }
    run(
        firstBatch,
        inputs -> {
          try {
            block.initialize(
                manager,
                DataType.FLOAT32,
                inputs.stream().map(NDArray::getShape).toArray(Shape[]::new));
          } catch (IllegalStateException e) { // Of shapes that leave a later layer nothing.
            throw new IllegalArgumentException(e.getMessage(), e);
          }
          return inputs;
        });
    requireGradients();
  }

  private void requireGradients() {
    Set<NDArray> frozen = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Pair<String, Parameter> entry : block.getParameters()) {
      NDArray array = entry.getValue().getArray();
      if (entry.getValue().requiresGradient() && TrainableFlags.isSwitchedOff(array)) {
        frozen.add(array);
      }
    }
    for (Pair<String, Parameter> entry : block.getParameters()) {
      NDArray array = entry.getValue().getArray();
      if (!array.getDevice().equals(manager.getDevice())) {
        throw new IllegalArgumentException(
            "the block's parameter "
                + entry.getKey()
                + " is on "
                + array.getDevice()
                + ", but training runs on "
                + manager.getDevice()
                + "; initialize the block there, or set useCpu(true) to train on the CPU");
      }
      boolean wanted = entry.getValue().requiresGradient();
      // What a file gave was never told; what somebody switched off stays off.
      if (array.hasGradient() ? !wanted : wanted && !frozen.contains(array)) {
        array.setRequiresGradient(wanted);
      }
    }
  }

  private NDList blockInputs(ModelInputs inputs) {
    NDList list = new NDList(inputs.names().size());
    for (String name : inputs.names()) {
      if (!labelNames.contains(name)) {
        list.add(inputs.get(name));
      }
    }
    if (list.isEmpty()) {
      throw new IllegalArgumentException(
          "the collator gave nothing but labels " + inputs.names() + "; the block needs an input");
    }
    return list;
  }

  /** Returns the layers that can run as kernels; null if passes compute in 16 bits or with noise, or there are none. */
  @Nullable LayerChain layers() {
    return type == null && noise == null ? LayerChain.of(block, manager.getDevice()) : null;
  }

  /** Returns the first of the labels, if the inputs have all of them. */
  @Nullable NDArray firstLabel(ModelInputs inputs) {
    return labelNames.stream().allMatch(name -> inputs.find(name).isPresent())
        ? inputs.get(labelNames.get(0))
        : null;
  }

  ParameterStore parameterStore() {
    return parameterStore;
  }

  @Override
  public ModelOutput forward(ModelInputs inputs, boolean training) {
    return named(run(inputs, list -> forward(list, training)));
  }

  /** Returns what a block gave under its names. */
  ModelOutput named(NDList outputs) {
    Map<String, NDArray> named = new LinkedHashMap<>();
    for (int i = 0; i < outputs.size(); i++) {
      String name = outputs.get(i).getName();
      String fallback = i == 0 ? "logits" : "output_" + i;
      named.put(
          i == 0 || name == null || named.containsKey(name) ? fallback : name, outputs.get(i));
    }
    return ModelOutput.of(named);
  }

  /** Runs layers of the block over its inputs, and says what it was given if they refuse. */
  NDList run(ModelInputs inputs, UnaryOperator<NDList> layers) {
    return run(inputs, () -> isInitialized() ? state() : Map.of(), layers);
  }

  /** The same of {@code layers} that read some of the tensors. */
  private NDList run(
      ModelInputs inputs, Supplier<Map<String, NDArray>> read, UnaryOperator<NDList> layers) {
    NDList list = blockInputs(inputs);
    try {
      return layers.apply(list);
    } catch (IllegalArgumentException
        | UnsupportedOperationException
        | IndexOutOfBoundsException
        | EngineException e) {
      if (EngineMessage.isOutOfMemory(e)) {
        throw e;
      }
      MissingParameters.refuse(read.get());
      throw PassFailure.of(
          "the block does not take",
          PassFailure.describe(inputs, labelNames),
          "It gets every input but the labels "
              + labelNames
              + ", in this order; leave out of the samples what it does not know, give the shapes and"
              + " types that it was made for, or give a dataCollator",
          list.size() > 1 && String.valueOf(e.getMessage()).contains("singletonOrThrow")
              ? new IllegalArgumentException("one of its layers takes a single input", e)
              : e);
    }
  }

  private NDList forward(NDList inputs, boolean training) {
    if (noise == null || !training) {
      return full(block.forward(store(block), cast(inputs), training));
    }
    ParameterStore store = store(block);
    return full(noise.run(cast(inputs), (child, values) -> child.forward(store, values, true)));
  }

  /** What hands a block its parameters, in the type that passes compute in. */
  private ParameterStore store(Block part) {
    if (type == null) {
      return parameterStore;
    }
    return halved != null ? halved : new BlockPrecision(part, parameterStore, manager, type);
  }

  private NDList cast(NDList inputs) {
    return type == null ? inputs : new NDList(TorchFunctions.toHalf(inputs, type));
  }

  private NDList full(NDList outputs) {
    if (type == null) {
      return outputs;
    }
    NDList full = new NDList(outputs.size());
    for (NDArray output : outputs) {
      NDArray array = TorchFunctions.toFloat32(output);
      array.setName(output.getName());
      full.add(array);
    }
    return full;
  }

  /** Returns this model as a chain of its block's children; empty if the block is none that can run so. */
  public Optional<SegmentedModel> segmented() {
    return Optional.ofNullable(BlockSegments.of(this, block));
  }

  /**
   * Runs some children of a chain.
   *
   * @param hidden what those before them gave; nothing for the first
   */
  NDList runPart(ForwardPass pass, NDList hidden, List<Block> children) {
    return run(
        pass.inputs(),
        () -> tensors(children),
        inputs -> {
          NDList values = hidden.isEmpty() ? cast(inputs) : hidden;
          for (Block child : children) {
            values = child.forward(store(child), values, pass.training());
            values = noise == null || !pass.training() ? values : noise.behind(child, values);
          }
          return values;
        });
  }

  private static Map<String, NDArray> tensors(List<Block> children) {
    Map<String, NDArray> tensors = new LinkedHashMap<>();
    for (Block child : children) {
      child
          .getParameters()
          .forEach(named -> tensors.put(named.getKey(), named.getValue().getArray()));
    }
    return tensors;
  }

  /** Makes the outputs of what the last children gave. */
  ModelOutput finishParts(NDList last) {
    return named(full(last));
  }

  @Override
  public TrainableModel autocast(HalfType products) {
    return new BlockModel(this, products, null, noise);
  }

  @Override
  public TrainableModel halved(HalfType wanted) {
    NDManager owner = manager.newSubManager();
    owner.setName("weights in 16 bits");
    try (Autograd.Recording off = Autograd.record(false)) {
      BlockPrecision copies = new BlockPrecision(block, parameterStore, owner, wanted);
      copies.copies().forEach(copy -> ArrayScope.keep(copy, owner));
      return new BlockModel(this, wanted, copies, noise);
    }
  }

  @Override
  public List<NamedParameter> parameters() {
    List<NamedParameter> parameters = new ArrayList<>();
    Set<Parameter> known = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Pair<String, Parameter> entry : block.getParameters()) {
      Parameter parameter = entry.getValue();
      // A block that is used twice has its parameters under two names; one update is enough.
      if (parameter.getArray().hasGradient() && known.add(parameter)) {
        NamedParameter byName = NamedParameter.of(entry.getKey(), parameter.getArray());
        parameters.add(
            new NamedParameter(
                byName.name(), byName.array(), byName.decays() && decays(parameter.getType())));
      }
    }
    return parameters;
  }

  /** DJL knows what a parameter is, whatever its name. */
  private static boolean decays(Parameter.Type type) {
    return switch (type) {
      case BIAS, GAMMA, BETA -> false;
      default -> true;
    };
  }

  @Override
  public Map<String, NDArray> state() {
    Map<String, NDArray> state = new LinkedHashMap<>();
    for (Pair<String, Parameter> entry : block.getParameters()) {
      state.put(entry.getKey(), entry.getValue().getArray());
    }
    return state;
  }

  @Override
  public List<String> labelNames() {
    return labelNames;
  }

  @Override
  public boolean isLookup(String name) {
    return isTableOf(block, block.getParameters().get(name));
  }

  private static boolean isTableOf(Block block, Parameter parameter) {
    if (block instanceof Embedding) {
      return block.getDirectParameters().values().contains(parameter);
    }
    return block.getChildren().values().stream().anyMatch(child -> isTableOf(child, parameter));
  }

  /** Running means and variances are, and what DJL has no name for. */
  @Override
  public boolean isChangedByForward(String name) {
    return switch (block.getParameters().get(name).getType()) {
      case WEIGHT, BIAS, GAMMA, BETA -> false;
      default -> true;
    };
  }

  @Override
  public Optional<Set<String>> lossParts() {
    return Optional.of(Set.of());
  }

  @Override
  public NDManager manager() {
    return manager;
  }

  /** Leaves the block and its parameters to whoever made them. */
  @Override
  public void close() {
    if (halved != null) {
      halved.close();
    }
  }
}
