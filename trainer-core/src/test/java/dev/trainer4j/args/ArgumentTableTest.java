// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import static dev.trainer4j.args.ValueType.FLAG;
import static dev.trainer4j.args.ValueType.KEYS_AND_VALUES;
import static dev.trainer4j.args.ValueType.TEXTS;
import static dev.trainer4j.args.ValueType.numberFromToBelow;
import static dev.trainer4j.args.ValueType.wholeFrom;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A table as another module would make one, over a record and a builder written by hand. */
class ArgumentTableTest {

  /** Some settings of an adapter. */
  public record Adapter(
      int rank, double dropout, List<String> targetModules, Optional<Map<String, String>> ranks) {}

  /** Collects them. */
  public static final class AdapterBuilder {
    private int rank = 8;
    private double dropout = 0;
    private List<String> targetModules = List.of();
    private Optional<Map<String, String>> ranks = Optional.empty();

    public AdapterBuilder rank(int value) {
      rank = value;
      return this;
    }

    public AdapterBuilder dropout(double value) {
      dropout = value;
      return this;
    }

    public AdapterBuilder targetModules(List<String> value) {
      targetModules = value;
      return this;
    }

    Adapter unchecked() {
      return new Adapter(rank, dropout, targetModules, ranks);
    }
  }

  private static ArgumentTableBuilder<Adapter, AdapterBuilder> rows() {
    return ArgumentTable.of(Adapter.class, AdapterBuilder::new, AdapterBuilder::unchecked)
        .row("rank", wholeFrom(1), "rank of an update")
        .row("dropout", numberFromToBelow(0, 1), "dropout on the input");
  }

  private static final ArgumentTable<Adapter, AdapterBuilder> TABLE =
      rows()
          .row("target_modules", TEXTS, "layers that are adapted")
          .alias("modules", "target_modules")
          .rules(
              (adapter, problems) ->
                  problems.check(
                      adapter.rank() > 64 && adapter.dropout() > 0,
                      "dropout",
                      "0, since rank is above 64",
                      "Remove it"))
          .build();

  private static final ArgumentReader READER = ArgumentReader.of(TrainingArguments.table(), TABLE);

  @Test
  void readsArgumentsOfTwoTablesFromOneSource() {
    ArgumentReader.Reading reading =
        READER.fromCommandLine("--learning_rate", "1e-3", "--rank=4", "--modules", "q", "v");

    assertThat(reading.get(TABLE))
        .isEqualTo(new Adapter(4, 0, List.of("q", "v"), Optional.empty()));
    assertThat(reading.get(TrainingArguments.table()))
        .isEqualTo(TrainingArguments.builder().learningRate(1e-3).build());
    assertThat(TABLE.toMap(reading.get(TABLE)))
        .isEqualTo(Map.of("rank", 4, "dropout", 0.0, "target_modules", List.of("q", "v")));
    assertThat(READER.commandLineHelp()).contains("--rank", "rank of an update (default 8)");
  }

  @Test
  void reportsMistakesOfBothTogetherAndSuggestsNamesOfBoth() {
    assertThatThrownBy(
            () -> READER.fromMap(Map.of("ranc", 3, "learning_rat", 1, "dropout", 1, "seed", "x")))
        .isInstanceOf(InvalidArgumentsException.class)
        .hasMessageStartingWith("4 mistakes in the map:")
        .hasMessageContaining("Did you mean rank?")
        .hasMessageContaining("Did you mean learning_rate?")
        .hasMessageContaining("dropout = 1: expected a number of at least 0 and below 1.")
        .hasMessageContaining("seed = x: expected a whole number.");
  }

  @Test
  void checksRulesInTheWordsOfTheReader() {
    Adapter adapter = new AdapterBuilder().rank(100).dropout(0.5).unchecked();

    assertThat(TABLE.problems(adapter))
        .extracting(ArgumentProblem::toString)
        .containsExactly("dropout = 0.5: expected 0, since rank is above 64. Remove it.");
    assertThat(TABLE.sentences(adapter))
        .containsExactly("dropout is 0.5, expected 0, since rank is above 64");
    assertThatThrownBy(() -> TABLE.checked(adapter, "the adapter"))
        .hasMessageStartingWith("1 mistake in the adapter:");
  }

  @Test
  void anAccessorAndItsRowCannotDisagree() {
    assertThatThrownBy(() -> rows().build())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Adapter has no row in its table for [targetModules]");
    assertThatThrownBy(() -> rows().row("target_modules", FLAG, "of another type"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("targetModules of Boolean");
    assertThatThrownBy(() -> rows().row("alpha", FLAG, "without an accessor"))
        .hasMessageContaining("have no alpha");
    assertThatThrownBy(() -> rows().row("ranks", KEYS_AND_VALUES, "without a builder method"))
        .hasRootCauseMessage("ranks of the builder");
    assertThatThrownBy(() -> rows().row("rank", wholeFrom(1), "twice"))
        .hasMessageContaining("two rows are called rank");
  }

  @Test
  void twoTablesMayNotShareAName() {
    assertThatThrownBy(() -> ArgumentReader.of(TABLE, rows().apart("targetModules").build()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'rank'");
  }
}
