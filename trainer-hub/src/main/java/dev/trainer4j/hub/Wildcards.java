// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import java.util.List;
import java.util.regex.Pattern;

/**
 * Patterns of file names as Python's {@code fnmatch} reads them: {@code *} matches anything, slashes included, {@code ?} one character,
 * {@code [abc]} and {@code [!abc]} one of some. A pattern that ends in a slash means all that is in the folder.
 */
final class Wildcards {
  private final List<Pattern> patterns;

  Wildcards(List<String> patterns) {
    this.patterns = patterns.stream().map(Wildcards::compile).toList();
  }

  boolean matchAny(String path) {
    return patterns.stream().anyMatch(pattern -> pattern.matcher(path).matches());
  }

  private static Pattern compile(String given) {
    String glob = given.replace('\\', '/');
    glob = glob.endsWith("/") ? glob + "*" : glob;
    StringBuilder regex = new StringBuilder();
    int i = 0;
    while (i < glob.length()) {
      char c = glob.charAt(i);
      int close = c == '[' ? closing(glob, i) : -1;
      if (close > 0) {
        regex.append(set(glob.substring(i + 1, close)));
        i = close;
      } else if (c == '*') {
        regex.append(".*");
      } else if (c == '?') {
        regex.append('.');
      } else {
        regex.append(Pattern.quote(String.valueOf(c)));
      }
      i++;
    }
    return Pattern.compile(regex.toString(), Pattern.DOTALL);
  }

  /** A bracket right behind the opening one belongs to the set. */
  private static int closing(String glob, int open) {
    int from = open + 1;
    if (from < glob.length() && glob.charAt(from) == '!') {
      from++;
    }
    return glob.indexOf(']', from + 1);
  }

  private static String set(String inside) {
    boolean not = inside.startsWith("!");
    String members = (not ? inside.substring(1) : inside).replaceAll("([\\\\\\[\\]^&])", "\\\\$1");
    return "[" + (not ? "^" : "") + members + "]";
  }
}
