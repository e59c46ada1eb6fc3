// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.transformers.architecture.Adaptable;
import dev.trainer4j.transformers.architecture.AdapterSet;
import dev.trainer4j.transformers.peft.AdapterFile;
import dev.trainer4j.transformers.peft.AdapterMaker;
import dev.trainer4j.transformers.peft.AdapterNames;
import dev.trainer4j.transformers.peft.LoraConfig;
import dev.trainer4j.transformers.peft.PeftConfig;
import dev.trainer4j.transformers.peft.Targets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The adapters of a {@link PeftModel}: configurations, tensors, and what of the base is trained with them. */
final class Adapters implements AutoCloseable {

  /** A name becomes a part of tensors' names and a folder. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]+");

  private final PretrainedModel base;
  private final AdapterSet set;
  private final Map<String, PeftConfig> configs = new LinkedHashMap<>();

  /** Biases of the base that are trained, by adapter. */
  private final Map<String, List<NamedParameter>> biases = new LinkedHashMap<>();

  private final CarriedTables tables;

  private @Nullable AdapterMerge merge;

  Adapters(PretrainedModel base) {
    this.base = base;
    set = base.newAdapters();
    tables = new CarriedTables(base);
  }

  AdapterSet set() {
    return set;
  }

  Map<String, PeftConfig> configs() {
    return Collections.unmodifiableMap(configs);
  }

  List<String> active() {
    return set.active();
  }

  void add(String name, PeftConfig given) {
    add(name, given, targets -> {});
  }

  /**
   * Adds an adapter.
   *
   * @param check looks at what the configuration means before anything is made of it
   */
  private void add(String name, PeftConfig given, Consumer<Targets> check) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "the adapter's name is '" + name + "', expected letters, digits, '-' and '_'");
    }
    if (configs.containsKey(name)) {
      throw new IllegalArgumentException(
          "there is an adapter '" + name + "' already: delete it first, or give another name");
    }
    requireUnmerged();
    String origin = base.nameOrPath().orElse(null);
    PeftConfig complete = Targets.complete(given, base.config().modelType(), taskType(), origin);
    Targets targets = new Targets(complete, set.modules(), vocabulary());
    PeftConfig config = withLayoutOf(targets.adapted(), complete);
    check.accept(targets);
    List<String> activeBefore = set.active();
    try {
      new AdapterMaker(set, base.weights(), base.manager(), name)
          .make(config, targets, base.tensorNames(), tokenTables(), base::decays);
    } catch (RuntimeException | Error e) {
      set.remove(name);
      throw e;
    }
    if (configs.isEmpty()) {
      base.state().values().forEach(array -> array.setRequiresGradient(false));
    }
    configs.put(name, config);
    biases.put(name, biasesOf(name, config, targets.adapted()));
    boolean hasRows = config instanceof LoraConfig lora && !lora.trainableTokenIndices().isEmpty();
    Set<String> pairs = set.pairsOf(name).keySet();
    tables.choose(name, tensor -> !hasRows && pairs.contains(tensor));
    activate(activeBefore.isEmpty() ? List.of(name) : activeBefore);
  }

  /** PEFT wants to know whether weights lie as [in, out]. */
  private PeftConfig withLayoutOf(List<Adaptable> adapted, PeftConfig config) {
    boolean transposed = adapted.stream().anyMatch(this::isTransposed);
    return config instanceof LoraConfig lora
        ? lora.toBuilder().fanInFanOut(transposed).build()
        : config;
  }

  /** A quantized layer lies as others do, in every family. */
  private boolean isTransposed(Adaptable module) {
    return module.kind() == Adaptable.Kind.TRANSPOSED
        && base.weights().partsOf(module.weight()).isEmpty();
  }

  private @Nullable String taskType() {
    return switch (base.task()) {
      case SEQUENCE_CLASSIFICATION, MULTIPLE_CHOICE -> "SEQ_CLS";
      case TOKEN_CLASSIFICATION -> "TOKEN_CLS";
      case QUESTION_ANSWERING -> "QUESTION_ANS";
      case CAUSAL_LM -> "CAUSAL_LM";
      case SEQ2SEQ_LM -> "SEQ_2_SEQ_LM";
      default -> null;
    };
  }

  private long vocabulary() {
    return switch (base.task()) {
      case CAUSAL_LM, SEQ2SEQ_LM, MASKED_LM -> base.tensor(tokenTables().get(0)).getShape().get(0);
      default -> 0;
    };
  }

  /** The table of token embeddings, and what shares it. */
  private List<String> tokenTables() {
    String table = base.tokenEmbeddings();
    List<String> tables = new ArrayList<>(List.of(table));
    NDArray array = base.tensor(table);
    base.tensorNames().stream()
        .filter(name -> !name.equals(table) && base.tensor(name) == array)
        .forEach(tables::add);
    return tables;
  }

  private List<NamedParameter> biasesOf(
      String adapter, PeftConfig config, List<Adaptable> adapted) {
    String which = config instanceof LoraConfig lora ? lora.bias() : "none";
    if (which.equals("none")) {
      return List.of();
    }
    Set<String> of = new LinkedHashSet<>();
    adapted.forEach(module -> of.add(module.module() + ".bias"));
    Set<String> replaced = new LinkedHashSet<>();
    set.substitutesOf(adapter).forEach(substitute -> replaced.add(substitute.tensor()));
    List<NamedParameter> chosen = new ArrayList<>();
    for (Map.Entry<String, NDArray> tensor : base.state().entrySet()) {
      String name = tensor.getKey();
      if (name.endsWith("bias")
          && !replaced.contains(name)
          && (which.equals("all") || of.contains(name))) {
        chosen.add(new NamedParameter(name, tensor.getValue(), base.decays(name)));
      }
    }
    return chosen;
  }

  void load(String name, Path folder) throws IOException {
    PeftConfig config;
    try {
      config = PeftConfig.read(folder);
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException(
          folder.resolve(PeftConfig.FILE_NAME)
              + " does not exist: expected the folder of an adapter",
          e);
    }
    Set<Long> rows = AdapterFile.rows(folder);
    try {
      add(name, config, targets -> targets.requireRanks(rows));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          folder.resolve(PeftConfig.FILE_NAME) + ": " + e.getMessage(), e);
    }
    try {
      readTensors(name, folder);
    } catch (IOException | RuntimeException e) {
      remove(name);
      throw e;
    }
  }

  private void readTensors(String name, Path folder) throws IOException {
    Map<String, NDArray> own = ownTensors(name);
    Map<String, String> names = new LinkedHashMap<>();
    Map<String, NDArray> others = new LinkedHashMap<>();
    for (String table : tables.all()) {
      names.put(inFile(name, table), table);
      others.put(inFile(name, table), base.tensor(table));
    }
    others.keySet().removeAll(own.keySet());
    for (String found : AdapterFile.read(folder, own, others, base.manager())) {
      tables.add(name, Objects.requireNonNull(names.get(found)));
    }
  }

  void remove(String name) {
    require(name);
    requireUnmerged();
    set.remove(name);
    configs.remove(name);
    tables.remove(name);
    List<NamedParameter> trained = biases.remove(name);
    if (trained != null) {
      trained.forEach(bias -> bias.array().setRequiresGradient(false));
    }
  }

  void activate(List<String> names) {
    names.forEach(this::require);
    requireUnmerged();
    set.activate(names);
    for (String name : configs.keySet()) {
      boolean trained = names.contains(name);
      set.parametersOf(name).forEach(p -> p.array().setRequiresGradient(trained));
      biases.getOrDefault(name, List.of()).forEach(p -> p.array().setRequiresGradient(trained));
    }
  }

  void weigh(String name, double factor) {
    require(name);
    set.weigh(name, factor);
  }

  private void require(String name) {
    if (!configs.containsKey(name)) {
      throw new IllegalArgumentException(
          "there is no adapter '" + name + "', only " + configs.keySet());
    }
  }

  void requireUnmerged() {
    if (isMerged()) {
      throw new IllegalStateException("the adapters are merged: unmerge() first");
    }
  }

  boolean isMerged() {
    return merge != null;
  }

  /** Adapter parameters first, in the order in which they were added; of those that are trainable now. */
  List<NamedParameter> trainable() {
    if (isMerged()) {
      return List.of();
    }
    List<NamedParameter> all = new ArrayList<>(set.parameters());
    biases.values().forEach(all::addAll);
    return all.stream().filter(parameter -> parameter.array().hasGradient()).toList();
  }

  /** The tensors of one adapter, by their names in its file, and what of the base goes with them. */
  Map<String, NDArray> savedTensors(String name) {
    Map<String, NDArray> tensors = ownTensors(name);
    for (String tensor : tables.of(name)) {
      tensors.putIfAbsent(inFile(name, tensor), base.tensor(tensor));
    }
    return tensors;
  }

  private Map<String, NDArray> ownTensors(String name) {
    Map<String, NDArray> tensors = new LinkedHashMap<>();
    set.parametersOf(name)
        .forEach(
            parameter ->
                tensors.put(AdapterNames.inFile(parameter.name(), name), parameter.array()));
    for (NamedParameter bias : biases.getOrDefault(name, List.of())) {
      tensors.put(inFile(name, bias.name()), bias.array());
    }
    return tensors;
  }

  /** What a tensor of the base is called in the file of an adapter. */
  private String inFile(String adapter, String tensor) {
    String weight = tensor.replaceAll("\\.bias$", ".weight");
    return AdapterNames.ofBase(tensor, set.pairsOf(adapter).containsKey(weight));
  }

  /** The tensors of all adapters; those of others than {@code default} lie under their name. */
  Map<String, NDArray> savedTensors() {
    Map<String, NDArray> tensors = new LinkedHashMap<>();
    for (String name : configs.keySet()) {
      String prefix = name.equals(AdapterNames.DEFAULT) ? "" : name + "/";
      savedTensors(name).forEach((tensor, array) -> tensors.put(prefix + tensor, array));
    }
    return tensors;
  }

  void save(Path folder) throws IOException {
    for (String name : configs.keySet()) {
      save(name, ownFolder(name, folder));
    }
  }

  private static Path ownFolder(String name, Path folder) {
    return name.equals(AdapterNames.DEFAULT) ? folder : folder.resolve(name);
  }

  void save(String name, Path folder) throws IOException {
    require(name);
    requireUnmerged();
    AdapterFile.write(folder, config(name), savedTensors(name));
  }

  private PeftConfig config(String name) {
    return Objects.requireNonNull(configs.get(name), name);
  }

  void saveConfigs(Path folder) throws IOException {
    requireUnmerged();
    for (String name : configs.keySet()) {
      Path own = ownFolder(name, folder);
      Files.createDirectories(own);
      AdapterFile.writeConfig(own, config(name));
    }
  }

  /** Puts the active adapters into the weights, for good unless {@code undoable}. */
  void merge(boolean undoable) {
    requireUnmerged();
    merge = AdapterMerge.of(base, set, undoable);
  }

  void unmerge() {
    if (merge == null) {
      throw new IllegalStateException("the adapters are not merged");
    }
    merge.undo();
    merge = null;
  }

  @Override
  public String toString() {
    long trained = trainable().stream().mapToLong(p -> p.array().size()).sum();
    long all = base.size() + set.parameters().stream().mapToLong(p -> p.array().size()).sum();
    return String.format(
        Locale.ROOT,
        "%s with adapters %s, active %s: %,d of %,d parameters trainable (%.4f %%)",
        base.config().modelType(),
        configs.keySet(),
        active(),
        trained,
        all,
        100.0 * trained / all);
  }

  @Override
  public void close() {
    for (List<NamedParameter> trained : biases.values()) {
      for (NamedParameter bias : trained) {
        if (!bias.array().isReleased()) { // The base may be closed by then.
          bias.array().setRequiresGradient(false);
        }
      }
    }
    set.close();
  }
}
