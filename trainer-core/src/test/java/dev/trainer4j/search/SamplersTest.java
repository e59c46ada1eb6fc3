// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SamplersTest {

  private static final int SEEDS = 20;

  private static final SearchSpace PLANE =
      SearchSpace.builder().uniform("x", -5, 10).uniform("y", 0, 15).build();

  private static double number(Map<String, Object> values, String name) {
    return ((Number) values.get(name)).doubleValue();
  }

  private static double quadratic(Map<String, Object> at) {
    return Math.pow(number(at, "x") - 3, 2) + Math.pow(number(at, "y") - 11, 2);
  }

  /** Branin's function, whose three minima have the value 0.397887. */
  private static double branin(Map<String, Object> at) {
    double x = number(at, "x");
    double valley = number(at, "y") - 5.1 / (4 * Math.PI * Math.PI) * x * x + 5 / Math.PI * x - 6;
    return valley * valley + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10 - 0.397887;
  }

  private static double mixed(Map<String, Object> at) {
    return Math.pow(Math.log10(number(at, "rate")) + 3, 2)
        + Math.pow((number(at, "size") - 20) / 10, 2)
        + (at.get("kind").equals("c") ? 0 : 1);
  }

  /** Returns the trials of a search that ends below a bound. */
  private static List<TrialRecord> search(
      SearchAlgorithm algorithm,
      SearchSpace space,
      long seed,
      int most,
      double bound,
      ToDoubleFunction<Map<String, Object>> function) {
    Sampler sampler = algorithm.sampler(space.ranges(), List.of(Direction.MINIMIZE), seed);
    List<TrialRecord> all = new ArrayList<>();
    double objective = Double.MAX_VALUE;
    while (objective >= bound && all.size() < most) {
      Map<String, Object> values = sampler.suggest(all.size(), all).orElseThrow();
      objective = function.applyAsDouble(values);
      all.add(completed(all.size(), values, objective));
    }
    return all;
  }

  private static TrialRecord completed(int number, Map<String, Object> values, double objective) {
    return new TrialRecord(
        number, values, TrialState.COMPLETED, List.of(objective), Map.of(), List.of(), "");
  }

  /** The median over seeds of the trials that it takes to come below a bound. */
  private static int trialsBelow(
      double bound,
      SearchAlgorithm algorithm,
      SearchSpace space,
      ToDoubleFunction<Map<String, Object>> function) {
    return IntStream.range(0, SEEDS)
        .map(seed -> search(algorithm, space, seed, 200, bound, function).size())
        .sorted()
        .skip(SEEDS / 2)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void tpeFindsOptimaInFarFewerTrialsThanRandomDrawsDo() {
    SearchSpace space =
        SearchSpace.builder()
            .logUniform("rate", 1e-6, 1)
            .intUniform("size", 1, 50)
            .choice("kind", "a", "b", "c", "d")
            .build();
    assertThat(trialsBelow(0.2, SearchAlgorithm.TPE, PLANE, SamplersTest::quadratic))
        .isLessThan(40)
        .isLessThan(trialsBelow(0.2, SearchAlgorithm.RANDOM, PLANE, SamplersTest::quadratic) / 3);
    assertThat(trialsBelow(0.1, SearchAlgorithm.TPE, PLANE, SamplersTest::branin))
        .isLessThan(50)
        .isLessThan(trialsBelow(0.1, SearchAlgorithm.RANDOM, PLANE, SamplersTest::branin) / 3);
    assertThat(trialsBelow(0.1, SearchAlgorithm.TPE, space, SamplersTest::mixed))
        .isLessThan(50)
        .isLessThan(trialsBelow(0.1, SearchAlgorithm.RANDOM, space, SamplersTest::mixed) / 3);
  }

  @Test
  void aGreaterObjectiveIsBetterWhereItIsMaximized() {
    List<TrialRecord> down = search(SearchAlgorithm.TPE, PLANE, 3, 25, -1, SamplersTest::quadratic);
    List<TrialRecord> up =
        down.stream()
            .map(
                trial ->
                    completed(trial.number(), trial.hyperparameters(), -trial.objectives().get(0)))
            .toList();
    assertThat(new TpeSampler(PLANE.ranges(), Direction.MAXIMIZE, 3).suggest(25, up))
        .isEqualTo(new TpeSampler(PLANE.ranges(), Direction.MINIMIZE, 3).suggest(25, down))
        .isNotEqualTo(new TpeSampler(PLANE.ranges(), Direction.MAXIMIZE, 3).suggest(25, down));
  }

  @Test
  void theSameSeedGivesTheSameTrialsAndAnotherSeedOthers() {
    for (SearchAlgorithm algorithm : List.of(SearchAlgorithm.RANDOM, SearchAlgorithm.TPE)) {
      List<TrialRecord> one = search(algorithm, PLANE, 1, 15, -1, SamplersTest::branin);
      assertThat(search(algorithm, PLANE, 1, 15, -1, SamplersTest::branin)).isEqualTo(one);
      assertThat(search(algorithm, PLANE, 2, 15, -1, SamplersTest::branin)).isNotEqualTo(one);
    }
  }

  @Test
  void tpeKeepsAwayFromTrialsThatFailedOrWerePruned() {
    Map<String, ParameterRange> line = Map.of("x", new NumberRange(0, 1, false));
    for (TrialState bad : List.of(TrialState.FAILED, TrialState.PRUNED)) {
      List<TrialRecord> before = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        boolean good = i % 10 == 0;
        before.add(
            new TrialRecord(
                i,
                Map.of("x", good ? 0.2 : 0.4 + i * 0.03),
                good ? TrialState.COMPLETED : bad,
                // What was pruned may have a better figure, of an earlier evaluation.
                good ? List.of(5.0) : bad == TrialState.PRUNED ? List.of(1.0) : List.of(),
                Map.of(),
                List.of(),
                ""));
      }
      for (int seed = 0; seed < SEEDS; seed++) {
        Map<String, Object> next =
            new TpeSampler(line, Direction.MINIMIZE, seed).suggest(20, before).orElseThrow();
        assertThat((double) next.get("x")).isBetween(0.0, 0.42);
      }
    }
  }

  @Test
  void randomDrawsCoverTheRangesEvenly() {
    SearchSpace space =
        SearchSpace.builder()
            .logUniform("rate", 1e-6, 1e-2)
            .intUniform("size", 1, 4)
            .intLogUniform("width", 1, 100)
            .choice("kind", true, false)
            .build();
    List<Map<String, Object>> all = new ArrayList<>();
    Sampler sampler = new RandomSampler(space.ranges(), 5);
    for (int i = 0; i < 4000; i++) {
      all.add(sampler.suggest(i, List.of()).orElseThrow());
    }
    assertThat(all)
        .allSatisfy(
            values ->
                space
                    .ranges()
                    .forEach(
                        (name, range) ->
                            assertThat(range.contains(values.get(name))).as(name).isTrue()));
    assertThat(share(all, values -> number(values, "rate") < 1e-4)).isCloseTo(0.5, within(0.03));
    assertThat(share(all, values -> values.get("kind").equals(true))).isCloseTo(0.5, within(0.03));
    for (int i = 1; i <= 4; i++) {
      int size = i;
      assertThat(share(all, values -> values.get("size").equals(size)))
          .isCloseTo(0.25, within(0.03));
    }
    // From 0.5 to 3.5 of 0.5 to 100.5 by logarithm.
    assertThat(share(all, values -> number(values, "width") <= 3))
        .isCloseTo(Math.log(7) / Math.log(201), within(0.03));
  }

  private static double share(
      List<Map<String, Object>> all, java.util.function.Predicate<Map<String, Object>> of) {
    return all.stream().filter(of).count() / (double) all.size();
  }

  @Test
  void aGridTriesEachCombinationOnceAndEnds() {
    Map<String, ParameterRange> space = new LinkedHashMap<>();
    space.put("kind", new Choices(List.of("a", "b")));
    space.put("size", new IntegerRange(2, 4, false));
    GridSampler grid = new GridSampler(space);
    List<String> seen = new ArrayList<>();
    for (int i = 0; grid.suggest(i, List.of()).isPresent(); i++) {
      seen.add(grid.suggest(i, List.of()).orElseThrow().toString());
    }
    assertThat(seen)
        .containsExactly(
            "{kind=a, size=2}",
            "{kind=a, size=3}",
            "{kind=a, size=4}",
            "{kind=b, size=2}",
            "{kind=b, size=3}",
            "{kind=b, size=4}");
  }

  @Test
  void aGridOfNumbersIsRefused() {
    assertThatThrownBy(() -> new GridSampler(Map.of("x", new NumberRange(0, 1, false))))
        .hasMessageContaining("x is a range of numbers; give choices");
  }
}
