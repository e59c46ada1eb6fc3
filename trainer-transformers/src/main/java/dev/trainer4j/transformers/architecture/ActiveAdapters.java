// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.architecture;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.torch.ArrayScope;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The pairs and substitutes that count now, by the tensor that they concern; never changed. */
record ActiveAdapters(Map<String, List<LowRank>> pairs, Map<String, List<Substitute>> substitutes) {

  /**
   * Picks what counts.
   *
   * @param active names of adapters, in the order in which they add
   */
  static ActiveAdapters of(
      Collection<String> active,
      Map<String, List<LowRank>> allPairs,
      List<Substitute> allSubstitutes) {
    Map<String, List<LowRank>> pairs = new LinkedHashMap<>();
    Map<String, List<Substitute>> substitutes = new LinkedHashMap<>();
    for (String adapter : active) {
      allPairs.forEach(
          (weight, ofWeight) ->
              ofWeight.stream()
                  .filter(pair -> pair.adapter().equals(adapter))
                  .forEach(
                      pair -> pairs.computeIfAbsent(weight, w -> new ArrayList<>()).add(pair)));
      allSubstitutes.stream()
          .filter(substitute -> substitute.adapter().equals(adapter))
          .forEach(
              substitute ->
                  substitutes
                      .computeIfAbsent(substitute.tensor(), t -> new ArrayList<>())
                      .add(substitute));
    }
    return new ActiveAdapters(pairs, substitutes);
  }

  List<LowRank> pairs(String weight) {
    return pairs.getOrDefault(weight, List.of());
  }

  /**
   * Returns what stands in a tensor's place.
   *
   * @param owner of what is made; a parameter that is taken as it is keeps its own
   */
  NDArray substitute(String name, NDArray tensor, NDManager owner) {
    NDArray made = tensor;
    for (Substitute substitute : substitutes.getOrDefault(name, List.of())) {
      NDArray next = substitute.making().apply(made);
      boolean isParameter =
          substitute.parameters().stream().anyMatch(parameter -> parameter.array() == next);
      made = isParameter ? next : ArrayScope.keep(next, owner);
    }
    return made;
  }

  List<String> parameters(String name) {
    return substitutes.getOrDefault(name, List.of()).stream()
        .flatMap(substitute -> substitute.parameters().stream())
        .map(NamedParameter::name)
        .toList();
  }
}
