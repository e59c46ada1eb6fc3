// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code --name value}, {@code --name=value} and {@code --name}. Words are only sorted here; what they mean is for
 * {@link ArgumentReader}, so that a mistyped flag and a wrong value are reported together.
 */
final class CommandLineReader {
  /** A negative number starts with one dash, a flag with two, and one with a dash and a letter lacks the other. */
  private static final Pattern LIKE_A_FLAG = Pattern.compile("--|-[A-Za-z_]");

  private final Map<String, @Nullable Object> flags = new LinkedHashMap<>();
  private final List<ArgumentProblem> problems = new ArrayList<>();
  private final ArgumentReader reader;

  private CommandLineReader(ArgumentReader reader) {
    this.reader = reader;
  }

  static ArgumentReader.Reading read(ArgumentReader reader, String... words) {
    CommandLineReader line = new CommandLineReader(reader);
    line.sort(List.of(words));
    if (line.flags.containsKey("help")) {
      throw new HelpRequestedException(reader.commandLineHelp());
    }
    Object config = line.flags.remove("config");
    ArgumentSource commandLine = new ArgumentSource("the command line", line.flags);
    return config == null
        ? reader.read(line.problems, commandLine)
        : reader.read(line.problems, configuration(config.toString()), commandLine);
  }

  private void sort(List<String> words) {
    int next = 0;
    while (next < words.size()) {
      String word = words.get(next++);
      if (!word.startsWith("--")) {
        problems.add(
            new ArgumentProblem(shown(word, next), "", "a flag such as --learning_rate", ""));
        continue;
      }
      int equals = word.indexOf('=');
      String name = word.substring(2, equals < 0 ? word.length() : equals).replace('-', '_');
      List<String> values = new ArrayList<>();
      if (equals >= 0) {
        values.add(word.substring(equals + 1));
      }
      while (equals < 0
          && next < words.size()
          && !LIKE_A_FLAG.matcher(words.get(next)).lookingAt()) {
        values.add(words.get(next++));
      }
      put(name, values);
    }
  }

  private void put(String name, List<String> values) {
    ValueType<?> type = reader.type(name);
    boolean takesMany = type != null && type.arity() == ValueType.Arity.AT_LEAST_ONE;
    boolean needsOne = type != null && type.arity() != ValueType.Arity.AT_MOST_ONE;
    if (flags.containsKey(name)) {
      problem(name, values, "to be given once");
    } else if (values.isEmpty() && (needsOne || name.equals("config"))) {
      problem(name, values, type == null ? "a file" : type.expected());
    } else if (values.size() > 1 && type != null && !takesMany) {
      // What follows may be the value of a flag that was forgotten.
      problem(name, List.of(values.get(0), "…"), "one value");
    } else if (values.isEmpty()) {
      flags.put(name, "true");
    } else {
      flags.put(name, values.size() > 1 || takesMany ? List.copyOf(values) : values.get(0));
    }
  }

  private void problem(String name, List<String> values, String expected) {
    boolean known = reader.type(name) != null;
    problems.add(new ArgumentProblem(name, known ? String.join(" ", values) : "", expected, ""));
  }

  /** The name of what looks like a flag; of a word that may be the value of one, and a secret, only its place. */
  private static String shown(String word, int place) {
    return word.startsWith("-") ? word.split("=", 2)[0] : "word " + place;
  }

  private static ArgumentSource configuration(String file) {
    Path path;
    try {
      path = HomeFolder.expand(Path.of(file));
    } catch (InvalidPathException e) {
      throw new InvalidArgumentsException(
          "the command line", List.of(new ArgumentProblem("config", file, "a path", "")));
    }
    return ArgumentSource.file(path, Syntax.of(path));
  }
}
