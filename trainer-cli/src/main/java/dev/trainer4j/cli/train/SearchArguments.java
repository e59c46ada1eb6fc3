// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import static dev.trainer4j.args.ValueType.PATH;
import static dev.trainer4j.args.ValueType.TEXT;
import static dev.trainer4j.args.ValueType.choice;
import static dev.trainer4j.args.ValueType.oneOf;
import static dev.trainer4j.args.ValueType.wholeFrom;

import dev.trainer4j.args.ArgumentTable;
import dev.trainer4j.args.HiddenImplementation;
import dev.trainer4j.cli.UsageException;
import dev.trainer4j.search.Direction;
import dev.trainer4j.search.Pruner;
import dev.trainer4j.search.SearchAlgorithm;
import java.nio.file.Path;
import org.immutables.value.Value;
import org.jspecify.annotations.Nullable;

/** What {@code trainer search} takes beside what {@code trainer train} does. Immutable. */
@HiddenImplementation
@Value.Immutable
public abstract class SearchArguments {

  private static final ArgumentTable<SearchArguments, Builder> TABLE =
      ArgumentTable.of(SearchArguments.class, SearchArguments::builder, Builder::unchecked)
          .group("Search")
          .row(
              "space",
              PATH,
              "YAML or JSON file with the values of hyperparameters; unset means Hugging Face's default space")
          .row("trials", wholeFrom(1), "how many combinations are trained")
          .row(
              "direction",
              oneOf(Direction.class),
              "which objective is the better one; unset means minimize for a loss, and must be said for all else")
          .row(
              "objective",
              TEXT,
              "metric to optimize, such as eval_accuracy; unset means the sum of the metrics, or eval_loss"
                  + " where there are none")
          .row("algorithm", oneOf(SearchAlgorithm.class), "how the next combination is chosen")
          .row(
              "pruner",
              choice("none", "asha"),
              "what ends trials that fall behind, at the evaluations of eval_strategy")
          .build();

  SearchArguments() {}

  /** Starts from the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** The description of these arguments: names, types, ranges and help. */
  public static ArgumentTable<SearchArguments, Builder> table() {
    return TABLE;
  }

  /** File of the space; null for the default one. */
  public abstract @Nullable Path space();

  /** The number of trials. */
  @Value.Default
  public int trials() {
    return 20;
  }

  /** Which objective is the better one; null for minimize, where the objective is a loss. */
  public abstract @Nullable Direction direction();

  /** The metric; null for the default one. */
  public abstract @Nullable String objective();

  /** How combinations are chosen. */
  @Value.Default
  public SearchAlgorithm algorithm() {
    return SearchAlgorithm.TPE;
  }

  /** What ends trials early. */
  @Value.Default
  public String pruner() {
    return "none";
  }

  /** The direction; throws if it was left open and does not go without saying, since the wrong one finds the worst model. */
  Direction asDirection() {
    Direction given = direction();
    if (given != null) {
      return given;
    }
    String metric = objective();
    if (metric == null || !metric.endsWith("loss")) {
      throw new UsageException(
          "direction: expected maximize or minimize for "
              + (metric == null
                  ? "the default objective, the sum of all metrics: give --direction, or --objective eval_loss"
                  : "objective " + metric + ", which is no loss: give --direction maximize, say"));
    }
    return Direction.MINIMIZE;
  }

  Pruner asPruner() {
    return pruner().equals("asha") ? Pruner.asha() : Pruner.none();
  }

  /** Collects the arguments; a table checks them. */
  public static final class Builder extends ImmutableSearchArguments.Builder {

    Builder() {}

    /** The values as they were set. */
    SearchArguments unchecked() {
      return super.build();
    }
  }
}
