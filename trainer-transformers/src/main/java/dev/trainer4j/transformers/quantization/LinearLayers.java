// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.quantization;

import dev.trainer4j.transformers.PretrainedException;
import dev.trainer4j.transformers.architecture.Adaptable;
import dev.trainer4j.transformers.architecture.Adaptable.Kind;
import dev.trainer4j.transformers.architecture.Architecture;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;

/** The linear layers of a model, and which of them are quantized: transformers' rules. */
public final class LinearLayers {

  /** Heads that transformers leaves out by itself; for others a folder must say so. */
  private static final Set<String> LEFT_OUT = Set.of("lm_head", "score");

  private final Map<String, Adaptable> byWeight = new LinkedHashMap<>();

  /** Modules that stay as they are: heads, what is tied, and what files keep in float32. */
  private final Set<String> kept = new LinkedHashSet<>();

  /**
   * Looks at a model.
   *
   * @param keptWide names of weights that stay float32 in every type, as T5's last of each feed-forward part
   */
  public LinearLayers(Architecture architecture, Set<String> keptWide) {
    Map<String, String> tied = architecture.tied();
    for (Adaptable module : architecture.adaptable()) {
      if (module.kind() == Kind.EMBEDDING) {
        continue;
      }
      String weight = module.weight();
      byWeight.put(weight, module);
      if (tied.containsKey(weight)
          || tied.containsValue(weight)
          || architecture.mayBeFresh(weight)
          || keptWide.contains(weight)) {
        kept.add(weight);
      }
    }
  }

  /** Returns whether a weight lies as [in, out] where it is not quantized. */
  public boolean isTransposed(String weight) {
    Adaptable module = byWeight.get(weight);
    return module != null && module.kind() == Kind.TRANSPOSED;
  }

  /** Returns whether a tensor is the weight of a linear layer of its own. */
  public boolean contains(String weight) {
    return byWeight.containsKey(weight);
  }

  /**
   * Returns the weights that are quantized.
   *
   * @param skipped names of modules, ends of names, or regular expressions of beginnings
   * @throws PretrainedException if there are none, or one of {@code skipped} means no linear layer
   */
  public Set<String> quantized(List<String> skipped) {
    Set<String> chosen = new LinkedHashSet<>(byWeight.keySet());
    chosen.removeAll(kept);
    for (String skip : skipped) {
      List<String> meant =
          byWeight.values().stream()
              .filter(module -> isMeant(module.module(), skip))
              .map(Adaptable::weight)
              .toList();
      if (meant.isEmpty()) {
        throw new PretrainedException(
            "llmInt8SkipModules names '"
                + skip
                + "', which no linear layer is called; there are "
                + kinds());
      }
      meant.forEach(chosen::remove);
    }
    if (chosen.isEmpty()) {
      throw new PretrainedException(
          "no linear layer is left to be quantized: name fewer in llmInt8SkipModules, of "
              + kinds());
    }
    return chosen;
  }

  /** As transformers: a beginning, an end, or a regular expression for a beginning. */
  private static boolean isMeant(String module, String skip) {
    if (module.startsWith(skip) || module.endsWith(skip)) {
      return true;
    }
    try {
      return Pattern.compile(skip).matcher(module).lookingAt();
    } catch (PatternSyntaxException e) {
      throw new PretrainedException(
          "llmInt8SkipModules names '"
              + skip
              + "', which is no regular expression: "
              + e.getDescription(),
          e);
    }
  }

  /**
   * Returns the modules that whoever loads the folder must leave as they are; none where transformers leaves out the same
   * by itself.
   */
  List<String> skipped(Set<String> quantized) {
    List<String> modules =
        byWeight.values().stream()
            .filter(module -> !quantized.contains(module.weight()))
            .map(Adaptable::module)
            .toList();
    return LEFT_OUT.containsAll(modules) ? List.of() : modules;
  }

  private Set<String> kinds() {
    return byWeight.values().stream()
        .map(module -> module.module().replaceAll(".*\\.", ""))
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }
}
