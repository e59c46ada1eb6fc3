// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import dev.trainer4j.cli.train.RunData.Rows;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Finds the columns of texts and labels: those that flags name, else by their names. */
final class TextColumns {
  private static final Set<String> LABELS =
      Set.of(
          "label",
          "labels",
          "class",
          "category",
          "target",
          "sentiment",
          "intent",
          "topic",
          "score",
          "rating",
          "y");
  private static final List<String> TEXTS =
      List.of(
          "text",
          "sentence",
          "content",
          "review",
          "document",
          "question",
          "message",
          "comment",
          "body",
          "x");
  private static final Set<String> NUMBERS = Set.of("id", "idx", "index", "");

  private TextColumns() {}

  /** The column of labels; empty if there is none of a usual name. */
  static Optional<String> label(TextArguments args, Rows rows) {
    if (args.labelColumnName() != null) {
      return Optional.of(Cells.require(rows, "--label_column_name", args.labelColumnName()));
    }
    return rows.columns().stream()
        .filter(column -> LABELS.contains(column.toLowerCase(Locale.ROOT)))
        .findFirst();
  }

  /** One or two columns of texts, of those that are not the label. */
  static List<String> texts(TextArguments args, Rows rows, Optional<String> label) {
    if (!args.textColumnName().isEmpty()) {
      args.textColumnName().forEach(column -> Cells.require(rows, "--text_column_name", column));
      return args.textColumnName();
    }
    List<String> others = new ArrayList<>(rows.columns());
    label.ifPresent(others::remove);
    for (List<String> known : Glue.columns()) {
      if (known.size() == 2 && others.containsAll(known)) {
        return known;
      }
    }
    for (String name : TEXTS) {
      Optional<String> found =
          others.stream().filter(column -> column.equalsIgnoreCase(name)).findFirst();
      if (found.isPresent()) {
        return List.of(found.get());
      }
    }
    Map<String, Object> first = rows.rows().get(0);
    List<String> texts =
        others.stream()
            .filter(column -> !NUMBERS.contains(column.toLowerCase(Locale.ROOT)))
            .filter(
                column -> first.get(column) instanceof String text && Cells.number(text) == null)
            .toList();
    if (texts.size() == 1) {
      return texts;
    }
    throw new IllegalArgumentException(
        "which column of "
            + rows.source()
            + " holds the text? It has "
            + String.join(", ", rows.columns())
            + ": name one, or two for pairs of texts, by --text_column_name");
  }

  /** A file with one column of texts and one of anything else needs no names. */
  static Optional<String> onlyOther(Rows rows, TextArguments args) {
    if (args.textColumnName().size() != 1 && rows.columns().size() != 2) {
      return Optional.empty();
    }
    List<String> texts =
        args.textColumnName().isEmpty()
            ? rows.columns().stream().filter(TEXTS::contains).limit(1).toList()
            : args.textColumnName();
    List<String> others =
        rows.columns().stream().filter(column -> !texts.contains(column)).toList();
    return texts.size() == 1 && others.size() == 1 ? Optional.of(others.get(0)) : Optional.empty();
  }
}
