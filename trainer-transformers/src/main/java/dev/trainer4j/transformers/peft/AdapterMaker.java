// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.peft;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.Seeds;
import dev.trainer4j.torch.TorchFunctions;
import dev.trainer4j.transformers.architecture.Adaptable;
import dev.trainer4j.transformers.architecture.Adaptable.Kind;
import dev.trainer4j.transformers.architecture.AdapterSet;
import dev.trainer4j.transformers.architecture.LowRank;
import dev.trainer4j.transformers.architecture.Substitute;
import dev.trainer4j.transformers.architecture.Weights;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Makes the tensors of a new adapter and adds them to a model's set. */
public final class AdapterMaker {

  private final AdapterSet set;
  private final Weights base;
  private final NDManager manager;
  private final String adapter;

  /**
   * Makes one.
   *
   * @param base the tensors of the model without adapters
   * @param manager its manager
   * @param adapter the name of the adapter
   */
  public AdapterMaker(AdapterSet set, Weights base, NDManager manager, String adapter) {
    this.set = set;
    this.base = base;
    this.manager = manager;
    this.adapter = adapter;
  }

  /**
   * Adds what a configuration asks for.
   *
   * @param config a complete one
   * @param targets its modules
   * @param tensors names of all tensors of the model, tied ones too
   * @param tokens the name of the table of token embeddings, and those that are tied to it
   * @param decays whether weight decay applies to a tensor of the model
   */
  public void make(
      PeftConfig config,
      Targets targets,
      Collection<String> tensors,
      List<String> tokens,
      Predicate<String> decays) {
    try (Autograd.Recording off = Autograd.record(false);
        ArrayScope scope = ArrayScope.open()) {
      if (config instanceof LoraConfig lora) {
        Seeds.run(lora.seed(), () -> targets.adapted().forEach(module -> addPair(lora, module)));
        addRows(lora, tokens);
      } else if (config instanceof Ia3Config ia3) {
        targets.adapted().forEach(module -> addVector(ia3, module, tensors));
      }
      targets
          .savedTensors(tensors)
          .forEach(
              (module, names) -> {
                requireLookedUp(module, names, tokens.get(0));
                addCopies(module, names, decays);
              });
    }
  }

  private void addPair(LoraConfig config, Adaptable module) {
    String name = module.module();
    int rank = config.rankOf(name);
    double scale = config.scaleOf(name);
    boolean table = module.kind() == Kind.EMBEDDING;
    if (table && config.useDora()) {
      throw new IllegalArgumentException(
          "useDora is not supported for tables of embeddings such as "
              + name
              + ": leave it out of targetModules");
    }
    NDArray a = owned(new Shape(rank, module.in()));
    NDArray b = owned(new Shape(module.out(), rank));
    switch (config.initLoraWeights()) {
      case "pissa" -> {
        NDArray weight = base.get(module.weight());
        requireUnquantized(module.weight(), "initLoraWeights is pissa, which changes " + name);
        requireFloat32(weight, name);
        NDList pair = AdapterKernels.principal(weight, rank, scale, !module.isOutByIn());
        if (pair.get(0).getShape().get(0) != rank) {
          throw new IllegalArgumentException(
              "r is "
                  + rank
                  + ", but "
                  + name
                  + " has "
                  + pair.get(0).getShape().get(0)
                  + " singular values: pissa needs a smaller rank");
        }
        fill(a, pair.get(0));
        fill(b, pair.get(1));
        // The weight keeps what the pair does not have: together they are what it was.
        fill(weight, AdapterKernels.merged(weight, a, b, null, -scale, !module.isOutByIn()));
      }
      case "gaussian" -> drawNormal(a, table ? 0 : 1.0 / rank);
      default -> {
        if (!table) {
          drawUniform(a, 1 / Math.sqrt((double) module.in()));
        }
      }
    }
    if (table && !config.initLoraWeights().equals("pissa")) {
      drawNormal(b, 1); // As PEFT begins a table: A is zero.
    } else if (config.initLoraWeights().equals("false")) {
      drawUniform(b, 1 / Math.sqrt(rank));
    }
    NDArray magnitude = null;
    if (config.useDora()) {
      magnitude = owned(new Shape(module.out()));
      try (NDManager once = manager.newSubManager()) {
        NDArray weight = base.values(module.weight(), once);
        fill(magnitude, AdapterKernels.lengths(weight, a, b, scale, !module.isOutByIn()));
      }
    }
    set.add(module.weight(), adapter, a, b, magnitude, scale, config.loraDropout());
  }

  /** What changes or copies a weight needs it as it was. */
  private void requireUnquantized(String weight, String purpose) {
    if (!base.partsOf(weight).isEmpty()) {
      throw new IllegalArgumentException(
          purpose
              + ", but "
              + weight
              + " is quantized, and cannot be changed: leave the module out of quantization with"
              + " llmInt8SkipModules, or take LoRA or DoRA that begin at zero");
    }
  }

  private static void requireFloat32(NDArray weight, String name) {
    if (weight.getDataType() != DataType.FLOAT32) {
      throw new IllegalArgumentException(
          "initLoraWeights is pissa, which changes "
              + name
              + ", whose weight is "
              + weight.getDataType()
              + ": load the model in float32");
    }
  }

  /** What a kernel returns outside of autograd could never require gradients, so arrays are filled. */
  private NDArray owned(Shape shape) {
    return manager.zeros(shape, DataType.FLOAT32);
  }

  private static void fill(NDArray target, NDArray values) {
    TorchFunctions.copy(List.of(target), List.of(values));
  }

  private void drawUniform(NDArray target, double bound) {
    fill(
        target,
        manager.randomUniform((float) -bound, (float) bound, target.getShape(), DataType.FLOAT32));
  }

  private void drawNormal(NDArray target, double std) {
    fill(target, manager.randomNormal(0, (float) std, target.getShape(), DataType.FLOAT32));
  }

  private void addRows(LoraConfig config, List<String> tokens) {
    if (config.trainableTokenIndices().isEmpty()) {
      return;
    }
    NDArray table = base.get(tokens.get(0));
    long count = table.getShape().get(0);
    for (int token : config.trainableTokenIndices()) {
      if (token >= count) {
        throw new IllegalArgumentException(
            "trainableTokenIndices names token " + token + ", but the model has " + count);
      }
    }
    long[] ids = config.trainableTokenIndices().stream().mapToLong(i -> i).toArray();
    NDArray rows = owned(new Shape(ids.length, table.getShape().get(1)));
    NDArray at = manager.create(ids);
    fill(rows, TorchFunctions.toFloat32(table.get(at)));
    String module = tokens.get(0).replaceAll("\\.weight$", "");
    NamedParameter parameter = set.own(adapter, AdapterNames.rows(module, adapter), rows, true);
    ArrayScope.keep(at, manager);
    for (String tensor : tokens) { // The output head that shares the table shares the rows.
      set.add(
          new Substitute(
              adapter,
              tensor,
              List.of(parameter),
              weight -> AdapterKernels.replaced(weight, parameter.array(), at)));
    }
  }

  private void addVector(Ia3Config config, Adaptable module, Collection<String> tensors) {
    String name = module.module();
    if (module.kind() == Kind.EMBEDDING) {
      throw new IllegalArgumentException(
          "IA3 multiplies linear layers, and " + name + " is a table of embeddings");
    }
    requireUnquantized(module.weight(), "IA3 multiplies the weight of " + name);
    boolean input = config.isFeedforward(name);
    long size = input ? module.in() : module.out();
    NDArray vector =
        manager.ones(input ? new Shape(1, size) : new Shape(size, 1), DataType.FLOAT32);
    NamedParameter parameter = set.own(adapter, AdapterNames.ia3(name, adapter), vector, true);
    boolean asRow = input == module.isOutByIn();
    set.add(
        new Substitute(
            adapter,
            module.weight(),
            List.of(parameter),
            weight ->
                AdapterKernels.scaled(
                    weight, vector.reshape(asRow ? new Shape(1, size) : new Shape(size, 1)))));
    String bias = name + ".bias";
    if (!input && tensors.contains(bias)) { // The output is multiplied, and the bias is part of it.
      set.add(
          new Substitute(
              adapter,
              bias,
              List.of(parameter),
              array -> AdapterKernels.scaled(array, vector.reshape(new Shape(size)))));
    }
  }

  /** Encoder and decoder look tokens up in copies of a table that is tied to them, and never in itself. */
  private void requireLookedUp(String module, List<String> names, String table) {
    List<String> tables =
        set.modules().stream()
            .filter(other -> other.kind() == Kind.EMBEDDING)
            .map(Adaptable::weight)
            .toList();
    if (names.contains(table) && !tables.isEmpty() && !tables.contains(table)) {
      throw new IllegalArgumentException(
          "modulesToSave names "
              + module
              + ", in which nothing is looked up: name embed_tokens, which encoder and decoder have each of their own, "
              + tables);
    }
  }

  private void addCopies(String module, List<String> names, Predicate<String> decays) {
    for (String tensor : names) {
      requireUnquantized(tensor, "modulesToSave trains a copy of " + module);
      NDArray original = base.get(tensor);
      NDArray copy = owned(original.getShape());
      fill(copy, original);
      NamedParameter parameter =
          set.own(adapter, AdapterNames.saved(module, tensor, adapter), copy, decays.test(tensor));
      set.add(
          new Substitute(
              adapter,
              tensor,
              List.of(parameter),
              weight -> AdapterKernels.copied(weight, parameter.array())));
    }
  }

  /**
   * Makes what a merged tensor of a model holds.
   *
   * @param set the adapters of the model
   * @param adapter one of them
   * @param module of the tensor; null if it is none that pairs stand beside
   * @param tensor its name
   * @param current what it holds
   * @return new values, or null if the adapter leaves it alone
   */
  public static @Nullable NDArray merged(
      AdapterSet set, String adapter, @Nullable Adaptable module, String tensor, NDArray current) {
    NDArray made = null;
    LowRank pair = set.pairsOf(adapter).get(tensor);
    if (module != null && pair != null) {
      made =
          AdapterKernels.merged(
              current,
              pair.a().array(),
              pair.b().array(),
              pair.magnitude() == null ? null : pair.magnitude().array(),
              pair.scale(),
              !module.isOutByIn());
    }
    for (Substitute substitute : set.substitutesOf(adapter)) {
      if (substitute.tensor().equals(tensor)) {
        made = substitute.making().apply(made == null ? current : made);
      }
    }
    return made;
  }
}
