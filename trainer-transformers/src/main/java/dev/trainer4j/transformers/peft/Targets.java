// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.peft;

import dev.trainer4j.transformers.architecture.Adaptable;
import dev.trainer4j.transformers.architecture.Adaptable.Kind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Which modules of a model a configuration means: PEFT's rules. */
public final class Targets {

  /** What PEFT takes where {@code target_modules} is not given, by {@code model_type}. */
  private static final Map<String, List<String>> DEFAULTS =
      Map.ofEntries(
          Map.entry("bart", List.of("q_proj", "v_proj")),
          Map.entry("bert", List.of("query", "value")),
          Map.entry("gemma", List.of("q_proj", "v_proj")),
          Map.entry("gemma2", List.of("q_proj", "v_proj")),
          Map.entry("gpt2", List.of("c_attn")),
          Map.entry("llama", List.of("q_proj", "v_proj")),
          Map.entry("mistral", List.of("q_proj", "v_proj")),
          Map.entry("qwen2", List.of("q_proj", "v_proj")),
          Map.entry("qwen3", List.of("q_proj", "v_proj")),
          Map.entry("roberta", List.of("query", "value")),
          Map.entry("t5", List.of("q", "v")));

  private static final Pattern FIRST_NUMBER = Pattern.compile(".*?\\.[^.]*\\.(\\d+)\\..*");

  private final PeftConfig config;
  private final List<Adaptable> modules;
  private final long vocabulary;
  private final List<Adaptable> adapted;

  /**
   * Looks at a model.
   *
   * @param modules its linear layers and tables of embeddings
   * @param vocabulary its number of tokens: a linear layer as wide is the output head; 0 if it writes no text
   * @throws IllegalArgumentException if no module gets an adapter; the message lists those that there are
   */
  public Targets(PeftConfig config, List<Adaptable> modules, long vocabulary) {
    this.config = config;
    this.modules = modules;
    this.vocabulary = vocabulary;
    adapted = modules.stream().filter(this::isTarget).toList();
    if (adapted.isEmpty()) {
      throw new IllegalArgumentException(
          "targetModules is "
              + config.targetModules()
              + ", which none of the model's modules is called, or all that are so called are"
              + " excluded; there are "
              + kinds());
    }
  }

  /**
   * Refuses ranks that a file has no pair of, before memory is asked for them: a configuration may say any.
   *
   * @param rows how many rows the tensors of the file have
   */
  public void requireRanks(Set<Long> rows) {
    if (config instanceof LoraConfig lora) {
      for (Adaptable module : adapted) {
        int rank = lora.rankOf(module.module());
        if (!rows.contains((long) rank)) {
          throw new IllegalArgumentException(
              "r, or rank_pattern, is "
                  + rank
                  + " for "
                  + module.module()
                  + ", but no tensor of "
                  + AdapterNames.FILE_NAME
                  + " has so many rows: expected the configuration that the adapter was trained with");
        }
      }
    }
  }

  /**
   * Returns the configuration with what it leaves to the model.
   *
   * @param modelType of {@code config.json}
   * @param taskType PEFT's name of the model's task
   * @param base where the model was loaded from
   * @throws IllegalArgumentException if it names no modules and the model's family has no default
   */
  public static PeftConfig complete(
      PeftConfig config, String modelType, @Nullable String taskType, @Nullable String base) {
    String task = config.taskType() == null ? taskType : config.taskType();
    List<String> saved = new ArrayList<>(config.modulesToSave());
    TaskTypes.heads(task == null ? "" : task).stream()
        .filter(head -> !saved.contains(head))
        .forEach(saved::add);
    ModuleNames targets = config.targetModules();
    if (targets == null) {
      List<String> names = DEFAULTS.get(modelType);
      if (names == null || !(config instanceof LoraConfig)) {
        throw new IllegalArgumentException(
            "targetModules is not set, and there is no default for "
                + config.peftType()
                + " on a model of type "
                + modelType
                + ": name the modules, such as with targetModules(\"all-linear\")");
      }
      targets = new ModuleNames(names, null);
    }
    String named = config.baseModelNameOrPath() == null ? base : config.baseModelNameOrPath();
    if (config instanceof LoraConfig lora) {
      return lora.toBuilder()
          .targetModules(targets)
          .modulesToSave(saved)
          .taskType(task)
          .baseModelNameOrPath(named)
          .build();
    }
    return ((Ia3Config) config)
        .toBuilder()
            .targetModules(targets)
            .modulesToSave(saved)
            .taskType(task)
            .baseModelNameOrPath(named)
            .build();
  }

  /** Returns the modules that get an adapter; at least one. */
  public List<Adaptable> adapted() {
    return adapted;
  }

  private boolean isTarget(Adaptable module) {
    String name = module.module();
    ModuleNames excluded = config.excludeModules();
    if (excluded != null && excluded.matches(name)) {
      return false;
    }
    if (isSaved(name)) {
      return false;
    }
    ModuleNames targets = config.targetModules();
    if (targets == null) {
      return false;
    }
    if (targets.isAllLinear()) {
      return module.kind() != Kind.EMBEDDING && !isHead(module);
    }
    return targets.matches(name)
        && (targets.expression() != null
            || targets.names().contains(name)
            || isInChosenLayer(name));
  }

  /** What PEFT leaves out of all linear layers. */
  private boolean isHead(Adaptable module) {
    return (vocabulary > 0 && module.out() == vocabulary)
        || TaskTypes.CLASSIFIERS.contains(module.module());
  }

  private boolean isInChosenLayer(String name) {
    if (!(config instanceof LoraConfig lora) || lora.layersToTransform().isEmpty()) {
      return true;
    }
    List<Pattern> patterns =
        lora.layersPattern().isEmpty()
            ? List.of(FIRST_NUMBER)
            : lora.layersPattern().stream()
                .map(pattern -> Pattern.compile("(?:.*?\\.)?(?:" + pattern + ")\\.(\\d+)\\..*"))
                .toList();
    for (Pattern pattern : patterns) {
      Matcher matcher = pattern.matcher(name);
      if (matcher.matches()) {
        return lora.layersToTransform().contains(Integer.parseInt(matcher.group(1)));
      }
    }
    return false;
  }

  /** Returns whether a module, or one that it is in, is trained as a whole. */
  private boolean isSaved(String module) {
    return config.modulesToSave().stream()
        .anyMatch(saved -> Pattern.matches("(.*\\.)?" + Pattern.quote(saved) + "(\\..*)?", module));
  }

  /**
   * Returns the tensors of modules that are trained as a whole, by the module. As in PEFT a name means every module
   * whose name ends with it: {@code norm} is {@code input_layernorm} too.
   *
   * @param tensors names of all tensors of the model, tied ones too
   * @throws IllegalArgumentException if one is named that the model does not have, but for heads that go without
   *     saying; or if one of the modules, or one that is in it, gets an adapter too
   */
  public Map<String, List<String>> savedTensors(Collection<String> tensors) {
    adapted.forEach(this::requireNotSaved);
    Map<String, List<String>> byModule = new LinkedHashMap<>();
    Set<String> missing = new LinkedHashSet<>(config.modulesToSave());
    for (String tensor : tensors) {
      modulesOf(tensor).forEach(module -> missing.removeIf(module::endsWith));
      String module = savedModuleOf(tensor);
      if (module != null) {
        byModule.computeIfAbsent(module, m -> new ArrayList<>()).add(tensor);
      }
    }
    String task = config.taskType();
    missing.removeAll(TaskTypes.heads(task == null ? "" : task));
    if (!missing.isEmpty()) {
      throw new IllegalArgumentException(
          "modulesToSave names '"
              + missing.iterator().next()
              + "', which the model does not have; its tensors are "
              + tensors.stream().map(Targets::withoutNumbers).distinct().toList());
    }
    return byModule;
  }

  /** PEFT makes the adapter first and then cannot copy what it has changed. */
  private void requireNotSaved(Adaptable module) {
    String saved = savedModuleOf(module.weight());
    if (saved != null) {
      throw new IllegalArgumentException(
          "modulesToSave is "
              + config.modulesToSave()
              + ", which means every module whose name ends so, "
              + saved
              + " too, and targetModules gives "
              + module.module()
              + " an adapter: it cannot have both; leave it out with excludeModules(\""
              + module.module()
              + "\")");
    }
  }

  private @Nullable String savedModuleOf(String tensor) {
    return modulesOf(tensor)
        .filter(module -> config.modulesToSave().stream().anyMatch(module::endsWith))
        .findFirst()
        .orElse(null);
  }

  /** Returns the names of the modules that a tensor is in, the outermost first. */
  private static Stream<String> modulesOf(String tensor) {
    return IntStream.range(0, tensor.length())
        .filter(i -> tensor.charAt(i) == '.')
        .mapToObj(end -> tensor.substring(0, end));
  }

  private Set<String> kinds() {
    return modules.stream()
        .map(module -> module.module().replaceAll(".*\\.", ""))
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private static String withoutNumbers(String name) {
    return name.replaceAll("\\.\\d+\\.", ".N.");
  }
}
