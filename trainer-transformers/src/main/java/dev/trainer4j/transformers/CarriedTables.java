// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Which tables of tokens of the base go into the files of adapters, as in PEFT: token embeddings and output head, where an adapter
 * stands beside them, or where the model knows other tokens than its folder.
 */
final class CarriedTables {

  /** The output head that PEFT knows by its name. */
  private static final String HEAD = "lm_head.weight";

  private final PretrainedModel base;
  private final Map<String, Set<String>> byAdapter = new LinkedHashMap<>();

  CarriedTables(PretrainedModel base) {
    this.base = base;
  }

  /** Returns the names of all tables that a file may hold; quantized ones stay where they are. */
  List<String> all() {
    List<String> all = new ArrayList<>(List.of(base.tokenEmbeddings()));
    if (base.tensorNames().contains(HEAD)) {
      all.add(HEAD);
    }
    all.removeIf(tensor -> !base.weights().partsOf(tensor).isEmpty());
    return all;
  }

  /**
   * Chooses those of a new adapter.
   *
   * @param isAdapted whether it has a pair beside a tensor
   */
  void choose(String adapter, Predicate<String> isAdapted) {
    boolean resized = isResized();
    Set<String> chosen = new LinkedHashSet<>(all());
    chosen.removeIf(tensor -> !resized && !isAdapted.test(tensor));
    byAdapter.put(adapter, chosen);
  }

  private boolean isResized() {
    Path origin = base.folder().orElse(null);
    if (origin == null || !Files.isRegularFile(origin.resolve(PretrainedConfig.FILE_NAME))) {
      return false;
    }
    try {
      return PretrainedConfig.read(origin).vocabSize() != base.config().vocabSize();
    } catch (IOException | PretrainedException e) {
      return false; // What the folder was can no longer be known.
    }
  }

  /** Notes that a table has come with an adapter. */
  void add(String adapter, String tensor) {
    byAdapter.computeIfAbsent(adapter, key -> new LinkedHashSet<>()).add(tensor);
  }

  /** Returns the tables of an adapter. */
  Set<String> of(String adapter) {
    return byAdapter.getOrDefault(adapter, Set.of());
  }

  void remove(String adapter) {
    byAdapter.remove(adapter);
  }
}
