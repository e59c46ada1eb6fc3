// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.args.TrainingArguments;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Holds README and docs to the code.
 *
 * <p>Above each block of Java stands {@code <!-- snippet: File.java#region -->}. The block equals
 * that region of a compiled source, from {@code // docs: region} to {@code // end docs}, whatever
 * the line breaks and indents.
 */
final class DocumentationTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Path SNIPPETS =
      ROOT.resolve("trainer-examples/src/main/java/dev/trainer4j/examples/snippets");
  private static final Pattern SNIPPET =
      Pattern.compile("<!-- snippet: (\\w+\\.java)#([\\w ]+) -->");

  /** An import of DJL or Trainer4J: its package, and the name with the class that it is nested in. */
  private static final Pattern IMPORT =
      Pattern.compile(
          "import (?:static )?((?:ai\\.djl|dev\\.trainer4j(?!\\.examples))[.a-z0-9]*)\\.([A-Z][\\w.]*);");

  private static final Pattern LINK = Pattern.compile("\\[[^\\]\\n]*]\\(([^)\\s]+)\\)");
  private static final Pattern REMOTE = Pattern.compile("^(https?|mailto):.*");
  private static final Pattern CLASS =
      Pattern.compile("\\bdev\\.trainer4j(?:\\.[a-z]\\w*)*\\.[A-Z]\\w*");
  private static final Pattern TEST = Pattern.compile("[`=',]([A-Z]\\w*Test)\\b");

  /** Names that look like classes or tests of ours: events of the flight recorder, a schedule that is refused, a blank. */
  private static final Set<String> OTHERS =
      Set.of("dev.trainer4j.Update", "dev.trainer4j.Reaction", "LRRangeTest", "NameOfTheTest");

  /** A fenced block and the line above it. */
  private record Block(Path page, int line, String language, String marker, String text) {
    String where() {
      return ROOT.relativize(page) + ":" + line;
    }
  }

  @TestFactory
  Stream<DynamicTest> everyJavaBlockIsCompiled() throws IOException {
    return blocks().stream()
        .filter(block -> block.language().equals("java"))
        .map(block -> DynamicTest.dynamicTest(block.where(), () -> assertCompiled(block)));
  }

  private static void assertCompiled(Block block) throws IOException {
    Matcher marker = SNIPPET.matcher(block.marker());
    assertThat(marker.matches())
        .as("%s has a line <!-- snippet: File.java#region --> above it", block.where())
        .isTrue();
    assertThat(dense(block.text()))
        .as(block.where())
        .isEqualTo(dense(region(SNIPPETS.resolve(marker.group(1)), marker.group(2))));
  }

  @Test
  void everyClassAndTestThatIsNamedExists() throws IOException {
    Set<String> sources = sources();
    for (Path page : pages()) {
      String text = Files.readString(page);
      assertThat(Stream.concat(CLASS.matcher(text).results().map(MatchResult::group), tests(text)))
          .as(ROOT.relativize(page).toString())
          .allSatisfy(name -> assertThat(sources).contains(name));
    }
  }

  private static Stream<String> tests(String text) {
    return TEST.matcher(text).results().map(match -> match.group(1));
  }

  /** The classes of all modules, by their whole names and by their simple ones, and {@link #OTHERS}. */
  private static Set<String> sources() throws IOException {
    Set<String> names = new HashSet<>(OTHERS);
    try (Stream<Path> modules = Files.list(ROOT)) {
      for (Path module :
          modules.filter(m -> m.getFileName().toString().startsWith("trainer-")).toList()) {
        for (String kind : List.of("main", "test")) {
          Path java = module.resolve("src/" + kind + "/java");
          if (Files.isDirectory(java)) {
            addSources(java, names);
          }
        }
      }
    }
    return names;
  }

  private static void addSources(Path java, Set<String> names) throws IOException {
    try (Stream<Path> files = Files.walk(java)) {
      files
          .filter(file -> file.toString().endsWith(".java"))
          .map(
              file ->
                  java.relativize(file)
                      .toString()
                      .replace(".java", "")
                      .replace(File.separator, "."))
          .forEach(
              name -> {
                names.add(name);
                names.add(name.substring(name.lastIndexOf('.') + 1));
              });
    }
  }

  /** A reader who copies a snippet learns where its names come from: {@code `package` (`Name`, ...)}. */
  @TestFactory
  Stream<DynamicTest> everyPageNamesThePackagesOfItsSnippets() throws IOException {
    Map<Path, List<Block>> snippets = new TreeMap<>();
    for (Block block : blocks()) {
      if (block.language().equals("java")) {
        snippets.computeIfAbsent(block.page(), page -> new ArrayList<>()).add(block);
      }
    }
    return snippets.entrySet().stream()
        .map(
            entry ->
                DynamicTest.dynamicTest(
                    ROOT.relativize(entry.getKey()).toString(),
                    () ->
                        assertThat(dense(Files.readString(entry.getKey())))
                            .contains(dense(packages(entry.getValue())))));
  }

  private static String packages(List<Block> snippets) throws IOException {
    Map<String, Set<String>> names = new TreeMap<>();
    for (Block block : snippets) {
      Matcher marker = SNIPPET.matcher(block.marker());
      assertThat(marker.matches()).as(block.where()).isTrue();
      Set<String> words =
          new HashSet<>(List.of(block.text().replaceAll("//[^\n]*", "").split("\\W+")));
      Matcher found = IMPORT.matcher(Files.readString(SNIPPETS.resolve(marker.group(1))));
      while (found.find()) {
        String name = found.group(2);
        if (words.contains(name.substring(name.lastIndexOf('.') + 1))) {
          names.computeIfAbsent(found.group(1), of -> new TreeSet<>()).add("`" + name + "`");
        }
      }
    }
    return names.entrySet().stream()
        .map(of -> "`" + of.getKey() + "` (" + String.join(", ", of.getValue()) + ")")
        .collect(Collectors.joining(", ", "", "."));
  }

  private static String region(Path source, String name) throws IOException {
    String[] around = Files.readString(source).split("// docs: " + Pattern.quote(name) + "\n", -1);
    assertThat(around).as("%s has one region '%s'", source.getFileName(), name).hasSize(2);
    return around[1].split("// end docs\n", -1)[0];
  }

  private static String dense(String code) {
    return code.replaceAll("\\s+", "");
  }

  @TestFactory
  Stream<DynamicTest> everyYamlBlockIsRead() throws IOException {
    return blocks().stream()
        .filter(block -> block.language().equals("yaml"))
        .map(
            block ->
                DynamicTest.dynamicTest(
                    block.where(),
                    () -> assertThat(TrainingArguments.parseYaml(block.text())).isNotNull()));
  }

  @TestFactory
  Stream<DynamicTest> everyRelativeLinkLeadsSomewhere() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path page : pages()) {
      Matcher link = LINK.matcher(Files.readString(page));
      while (link.find()) {
        String target = link.group(1);
        if (!REMOTE.matcher(target).matches()) {
          tests.add(
              DynamicTest.dynamicTest(
                  ROOT.relativize(page) + " -> " + target, () -> assertLeads(page, target)));
        }
      }
    }
    return tests.stream();
  }

  private static void assertLeads(Path page, String target) throws IOException {
    String[] parts = target.split("#", -1);
    Path file = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]);
    assertThat(file).exists();
    if (parts.length > 1) {
      assertThat(Files.readString(file).lines().filter(line -> line.startsWith("#")))
          .extracting(DocumentationTest::anchor)
          .contains(parts[1]);
    }
  }

  /** The name that GitHub gives to a heading. */
  private static String anchor(String heading) {
    return heading
        .replaceFirst("^#+ ", "")
        .toLowerCase(Locale.ROOT)
        .replaceAll("[^\\w\\- ]", "")
        .replace(' ', '-');
  }

  @Test
  void theReadmeIsShort() throws IOException {
    assertThat(Files.readAllLines(ROOT.resolve("README.md"))).hasSizeLessThan(120);
  }

  @Test
  void theReadmeNamesTheVersionsOfTheBuild() throws IOException {
    String pom = Files.readString(ROOT.resolve("pom.xml"));
    String djl = property(pom, "djl.version");
    String pytorch = property(pom, "pytorch.version");

    assertThat(Files.readString(ROOT.resolve("README.md")))
        .contains("<version>" + property(pom, "version") + "</version>")
        .contains("<version>" + pytorch + "-" + djl + "</version>")
        .contains("<version>" + pytorch + "</version>");
  }

  @Test
  void theDockerfileThatIsShownIsTheOneToBuild() throws IOException {
    String file = Files.readString(ROOT.resolve("docs/gpu.Dockerfile"));
    assertThat(blocks())
        .filteredOn(block -> block.language().equals("dockerfile"))
        .singleElement()
        .satisfies(block -> assertThat(file).endsWith(block.text() + "\n"));
    assertThat(file)
        .contains(
            "torch==" + property(Files.readString(ROOT.resolve("pom.xml")), "pytorch.version"));
  }

  private static String property(String pom, String name) {
    return pom.split("<" + name + ">", -1)[1].split("<", -1)[0];
  }

  private static List<Path> pages() throws IOException {
    try (Stream<Path> docs = Files.list(ROOT.resolve("docs"))) {
      return Stream.concat(
              Stream.of(ROOT.resolve("README.md"), ROOT.resolve(".github/CONTRIBUTING.md")),
              docs.filter(file -> file.toString().endsWith(".md")).sorted())
          .toList();
    }
  }

  private static List<Block> blocks() throws IOException {
    List<Block> blocks = new ArrayList<>();
    for (Path page : pages()) {
      List<String> lines = Files.readAllLines(page);
      for (int i = 0; i < lines.size(); i++) {
        if (lines.get(i).startsWith("```")) {
          int start = i++;
          while (!lines.get(i).startsWith("```")) {
            i++;
          }
          blocks.add(
              new Block(
                  page,
                  start + 1,
                  lines.get(start).substring(3).strip(),
                  start == 0 ? "" : lines.get(start - 1).strip(),
                  String.join("\n", lines.subList(start + 1, i))));
        }
      }
    }
    return blocks;
  }
}
