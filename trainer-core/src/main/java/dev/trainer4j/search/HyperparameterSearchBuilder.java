// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** The settings of a search; setters only assign, building checks. */
public final class HyperparameterSearchBuilder {

  private final TrainingArguments args;
  private final SearchSpace space;
  private final List<SearchListener> listeners = new ArrayList<>();
  private int trials = 20;
  private List<Direction> directions = List.of(Direction.MINIMIZE);
  private SearchAlgorithm algorithm = SearchAlgorithm.TPE;
  private Pruner pruner = Pruner.none();
  private long seed;
  private String objectiveName = "default";
  private Function<Map<String, Double>, List<Double>> objective = Objectives::byDefault;

  HyperparameterSearchBuilder(TrainingArguments args, SearchSpace space) {
    this.args = args;
    this.space = space;
    seed = args.seed();
  }

  /** Sets how many trials there are, those of before a restart included; a grid may have fewer. 20 by default. */
  public HyperparameterSearchBuilder trials(int number) {
    trials = number;
    return this;
  }

  /** Sets which objective is the better one; {@code MINIMIZE} by default. */
  public HyperparameterSearchBuilder direction(Direction direction) {
    directions = List.of(direction);
    return this;
  }

  /**
   * Sets several objectives and their directions, for {@code RANDOM} and {@code GRID}; {@link SearchResult#bestRuns()} has the
   * trials that none surpasses.
   *
   * @param each a direction for each number of the objectives
   * @param function from the metrics of an evaluation by name to the objectives
   */
  public HyperparameterSearchBuilder objectives(
      List<Direction> each, Function<Map<String, Double>, List<Double>> function) {
    directions = List.copyOf(each);
    objective = function;
    objectiveName = "function";
    return this;
  }

  /** Sets how the hyperparameters of the next trial are chosen; {@code TPE} by default. */
  public HyperparameterSearchBuilder algorithm(SearchAlgorithm how) {
    algorithm = how;
    return this;
  }

  /** Sets what ends trials that fall behind, at the evaluations of {@code evalStrategy}; none by default. */
  public HyperparameterSearchBuilder pruner(Pruner how) {
    pruner = how;
    return this;
  }

  /** Sets the seed of the search; by default that of the arguments. */
  public HyperparameterSearchBuilder seed(long value) {
    seed = value;
    return this;
  }

  /**
   * Sets what is optimized; by default the sum of the metrics of an evaluation without {@code eval_loss}, epoch and speeds, or, if
   * there are none, {@code eval_loss}, as in Hugging Face's Trainer.
   *
   * @param function from the metrics of an evaluation by name, such as {@code eval_loss}
   */
  public HyperparameterSearchBuilder objective(ToDoubleFunction<Map<String, Double>> function) {
    objective = metrics -> List.of(function.applyAsDouble(metrics));
    objectiveName = "function";
    return this;
  }

  /**
   * Sets what is optimized: a metric.
   *
   * @param metric such as {@code eval_accuracy}, or {@code accuracy}
   */
  public HyperparameterSearchBuilder objective(String metric) {
    objective = metrics -> List.of(Objectives.named(metric, metrics));
    objectiveName = metric;
    return this;
  }

  /** Adds what follows the search. */
  public HyperparameterSearchBuilder listener(SearchListener listener) {
    listeners.add(listener);
    return this;
  }

  /**
   * Builds the search.
   *
   * @throws IllegalArgumentException listing everything that is wrong, also of the space
   */
  public HyperparameterSearch build() {
    List<String> problems = new ArrayList<>(SpaceCheck.problems(space, args));
    if (trials < 1) {
      problems.add("trials: " + trials + ", expected a whole number of at least 1");
    }
    if (directions.isEmpty()) {
      problems.add("directions: none, expected one for each objective");
    }
    boolean prunes = !(pruner instanceof NoPruner);
    if (directions.size() > 1 && (algorithm == SearchAlgorithm.TPE || prunes)) {
      problems.add(
          "directions: "
              + directions
              + ", but TPE and pruning follow a single one; search with RANDOM or GRID and without a"
              + " pruner");
    }
    if (prunes && args.evalStrategy() == IntervalStrategy.NO) {
      problems.add(
          "pruner: "
              + pruner
              + " ends trials at evaluations, and evalStrategy is NO; set evalStrategy(STEPS) or"
              + " (EPOCH), or leave the pruner out");
    }
    if (args.pushToHub()) {
      problems.add(
          "pushToHub: all trials would push to the same repository; leave it out, and push the best"
              + " run when the search has ended");
    }
    if (algorithm == SearchAlgorithm.GRID && problems.isEmpty()) {
      new GridSampler(space.ranges()); // Throws if there are too many values.
    }
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(
          "the search cannot be built:\n  " + String.join("\n  ", problems));
    }
    return new HyperparameterSearch(
        new SearchSettings(
            args, space, trials, directions, algorithm, pruner, seed, objectiveName, objective),
        listeners);
  }
}
