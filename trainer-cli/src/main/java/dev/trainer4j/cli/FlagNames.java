// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli;

import dev.trainer4j.args.Argument;
import dev.trainer4j.args.ArgumentTable;
import dev.trainer4j.args.Names;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Messages of the libraries for someone who uses flags: {@code assistantOnlyLoss} becomes {@code assistant_only_loss}, and {@code
 * invalidRows(InvalidRows.SKIP)} becomes {@code --invalid_rows skip}.
 */
final class FlagNames {

  /** A name behind a quote, a dot or a slash is something of the user's, such as a column or a file. */
  private static final Pattern CAMEL_CASE =
      Pattern.compile("(?<!['./\\w])([a-z][a-z0-9]*(?:[A-Z][a-z0-9]*)+)(?:\\(([\\w.]+)\\))?");

  private final Map<String, String> flags = new HashMap<>();

  /** Knows the arguments of tables. */
  FlagNames(List<ArgumentTable<?, ?>> tables) {
    for (ArgumentTable<?, ?> table : tables) {
      for (Argument<?> argument : table.arguments()) {
        flags.put(Names.camelCase(argument.name()), argument.name());
      }
    }
  }

  /** Returns a text with the names of flags; other names stay. */
  String in(String text) {
    return CAMEL_CASE
        .matcher(text)
        .replaceAll(
            found -> {
              String flag = flags.get(found.group(1));
              return Matcher.quoteReplacement(flag == null ? found.group() : spelled(flag, found));
            });
  }

  private static String spelled(String flag, MatchResult found) {
    @Nullable String value = found.group(2);
    return value == null
        ? flag
        : "--" + flag + " " + value.replaceAll(".*\\.", "").toLowerCase(Locale.ROOT);
  }
}
