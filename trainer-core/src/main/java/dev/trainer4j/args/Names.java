// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** Names of arguments and inputs: the two spellings, and the one that was probably meant. */
public final class Names {
  private static final Pattern WORD = Pattern.compile("_([a-z0-9])");
  private static final int LONGEST_NAME = 64;

  private Names() {}

  /**
   * Returns the name in the spelling of builders: {@code learning_rate} becomes {@code learningRate}.
   *
   * @param snakeCase the name in that of files
   */
  public static String camelCase(String snakeCase) {
    return WORD.matcher(snakeCase).replaceAll(word -> word.group(1).toUpperCase(Locale.ROOT));
  }

  /** {@code learningRate}, {@code learning-rate} and {@code optim.learning_rate} have the words of {@code learning_rate}. */
  static String snakeCase(String name) {
    return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2")
        .replaceAll("[^A-Za-z0-9]+", "_")
        .toLowerCase(Locale.ROOT);
  }

  /** The known name closest to a mistyped one, if it is close: a third of its letters may be wrong. */
  static Optional<String> nearest(String typed, Collection<String> known) {
    String wanted = snakeCase(typed);
    if (wanted.length() > LONGEST_NAME) {
      return Optional.empty();
    }
    return known.stream()
        .min(Comparator.comparingInt(name -> distance(wanted, name)))
        .filter(name -> distance(wanted, name) <= Math.max(1, name.length() / 3));
  }

  /**
   * Returns the known name of which another is a slip: but for its spelling in camelCase, two letters at most
   * are wrong.
   *
   * @param typed what may be a slip
   * @param known the names in snake_case
   * @return empty if it is one of the known names, or like none of them
   */
  public static Optional<String> slipOf(String typed, Collection<String> known) {
    return known.contains(typed)
        ? Optional.empty()
        : nearest(typed, known).filter(name -> distance(snakeCase(typed), name) <= 2);
  }

  /** The letters to insert, delete or replace to get from one word to the other (Levenshtein). */
  private static int distance(String from, String to) {
    int[] previous = new int[to.length() + 1];
    for (int j = 0; j <= to.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int[] current = new int[to.length() + 1];
      current[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        int replaced = previous[j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(replaced, 1 + Math.min(previous[j], current[j - 1]));
      }
      previous = current;
    }
    return previous[to.length()];
  }
}
