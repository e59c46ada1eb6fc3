// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds the commands that README and docs show to those that there are. */
class CommandLinePageTest {

  private static final Path DOCS = Path.of("../docs");
  private static final Pattern FENCED = Pattern.compile("(?ms)^```\\w*\n(.*?)^```");
  private static final Pattern COMMAND =
      Pattern.compile("(?m)(?:^|[$|] )trainer ([a-z][a-z-]*)((?:\\\\\n|[^\n|#<])*)");
  private static final Pattern FLAG = Pattern.compile("--[a-z][\\w-]*");
  private static final Set<String> COMMANDS = Program.commandLine().getSubcommands().keySet();

  /** The flags that a command's help shows, by command; made once, as help is long. */
  private final Map<String, Set<String>> known = new HashMap<>();

  private Set<String> flagsOf(String command) {
    return known.computeIfAbsent(
        command,
        name -> {
          CommandLineRun all = CommandLineRun.of(name, "--help-all");
          return flags(all.exitCode() == 0 ? all.out() : CommandLineRun.of(name, "--help").out());
        });
  }

  /** With underscores, which are dashes as well. */
  private static Set<String> flags(String text) {
    Set<String> flags = new TreeSet<>();
    Matcher matcher = FLAG.matcher(text);
    while (matcher.find()) {
      flags.add("--" + matcher.group().substring(2).replace('-', '_'));
    }
    return flags;
  }

  private static List<Path> pages() throws IOException {
    try (Stream<Path> docs = Files.list(DOCS)) {
      return Stream.concat(
              Stream.of(DOCS.resolveSibling("README.md")),
              docs.filter(page -> page.toString().endsWith(".md")).sorted())
          .toList();
    }
  }

  private static String fenced(Path page) throws IOException {
    return FENCED
        .matcher(Files.readString(page))
        .results()
        .map(block -> block.group(1))
        .collect(Collectors.joining());
  }

  @Test
  void everyCommandThatIsShownExistsWithItsFlags() throws IOException {
    List<String> shown = new ArrayList<>();
    for (Path page : pages()) {
      Matcher line = COMMAND.matcher(fenced(page));
      while (line.find()) {
        String command = line.group(1);
        assertThat(COMMANDS).as(page + ": " + line.group()).contains(command);
        // What stands behind the class that launch starts are that program's own words.
        String own = line.group(2).split(" [a-z]+(\\.\\w+)+\\.[A-Z]\\w* ", 2)[0];
        assertThat(flagsOf(command)).as(page + ": " + line.group()).containsAll(flags(own));
        shown.add(command);
      }
    }
    assertThat(shown).contains("train", "sft", "chat", "launch", "convert", "search");
  }

  @Test
  void everyFlagThatThePageNamesIsOneOfSomeCommand() throws IOException {
    Set<String> all = new TreeSet<>();
    COMMANDS.forEach(command -> all.addAll(flagsOf(command)));
    String page = Files.readString(DOCS.resolve("command-line.md"));
    String refused = page.split("those of TRL that mean nothing here", -1)[1].split("\n", -1)[0];

    Set<String> named = flags(page.replace(refused, ""));
    named.remove("--flag"); // stands for any
    assertThat(all).containsAll(named);
  }

  @Test
  void thePageDescribesEveryCommand() throws IOException {
    String page = Files.readString(DOCS.resolve("command-line.md"));

    assertThat(COMMANDS)
        .allSatisfy(command -> assertThat(page).containsPattern("trainer " + command + "\\b"));
  }
}
