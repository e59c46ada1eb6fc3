// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import dev.trainer4j.args.TrainingArguments;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * What a search is, checked.
 *
 * @param args those of all trials, but for what the space has
 * @param space what is tried
 * @param trials how many at most
 * @param directions one for each objective
 * @param algorithm how the next trial is chosen
 * @param pruner what ends trials early
 * @param seed of all random numbers
 * @param objectiveName what the file calls the objective
 * @param objective from metrics by name to one number for each direction
 */
record SearchSettings(
    TrainingArguments args,
    SearchSpace space,
    int trials,
    List<Direction> directions,
    SearchAlgorithm algorithm,
    Pruner pruner,
    long seed,
    String objectiveName,
    Function<Map<String, Double>, List<Double>> objective) {

  SearchSettings {
    directions = List.copyOf(directions);
  }

  /** Returns the direction of a search that has one; the pruner and the estimator know no others. */
  Direction direction() {
    return directions.get(0);
  }

  Sampler sampler() {
    return algorithm.sampler(space.ranges(), directions, seed);
  }

  /**
   * Computes the objectives.
   *
   * @throws ObjectiveException if they are not as many as directions
   */
  List<Double> objectivesOf(Map<String, Double> metrics) {
    List<Double> values = objective.apply(metrics);
    if (values.size() != directions.size()) {
      throw new ObjectiveException(
          "the objective gave "
              + values.size()
              + " numbers for "
              + directions.size()
              + " directions; give one for each");
    }
    return values;
  }

  /** Returns what must be the same where a search goes on; more trials may be asked for. */
  Map<String, Object> header() {
    Map<String, Object> header = new LinkedHashMap<>();
    header.put("event", "search");
    header.put("algorithm", algorithm.name().toLowerCase(Locale.ROOT));
    header.put("pruner", pruner.toString());
    header.put("seed", seed);
    header.put(
        "directions", directions.stream().map(d -> d.name().toLowerCase(Locale.ROOT)).toList());
    header.put("objective", objectiveName);
    header.put("space", space.toMap());
    return header;
  }
}
