// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Holds docs/training-arguments.md, the tables in the code and the builder together. */
class DocumentationTest {
  private static final Path PAGE = Path.of("../docs/training-arguments.md");
  private static final ArgumentTable<?, ?> TABLE = TrainingArguments.table();
  private static final TrainingArguments DEFAULTS = TrainingArguments.builder().build();

  /** The cells of every table row under a heading, code marks removed. */
  private static List<List<String>> rows(String heading) throws IOException {
    String page = Files.readString(PAGE);
    String section = page.split("(?m)^## " + heading + "$", -1)[1].split("(?m)^## ", -1)[0];
    return section
        .lines()
        .filter(line -> line.startsWith("| `"))
        .map(
            line ->
                Arrays.stream(line.substring(1).split("\\|"))
                    .map(cell -> cell.strip().replace("`", ""))
                    .toList())
        .toList();
  }

  private static Set<String> builderMethods() {
    return Arrays.stream(TrainingArguments.Builder.class.getMethods())
        .map(Method::getName)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void showsAll112FieldsWithTheDecisionsOfTheCode() throws IOException {
    assertThat(rows("Every field")).hasSize(112);
    assertThat(rows("Every field").stream().map(row -> Map.entry(row.get(0), row.get(3))))
        .containsExactlyElementsOf(
            TABLE.rows().stream()
                .filter(row -> !row.decision().equals("our own"))
                .map(row -> Map.entry(row.name(), row.decision()))
                .toList());
  }

  @Test
  void groupsTheFieldsAsTheCodeDoes() throws IOException {
    String page = Files.readString(PAGE);
    for (ArgumentRow row : TABLE.rows()) {
      if (!row.decision().equals("our own")) {
        String before = page.substring(0, page.indexOf("| `" + row.name() + "` |"));
        assertThat(before.substring(before.lastIndexOf("\n### ") + 5).lines().findFirst())
            .as(row.name())
            .contains(row.group());
      }
    }
  }

  @Test
  void supportedFieldsAreBuilderMethodsWithTheDocumentedDefault() throws IOException {
    for (List<String> row : rows("Every field")) {
      if (row.get(3).equals("supported")) {
        assertThat(row.get(1)).isEqualTo(Names.camelCase(row.get(0)));
        assertDefault(row.get(0), row.get(2));
      }
    }
  }

  @Test
  void otherFieldsAreNoBuilderMethodsAndAreRefusedWithTheirReason() throws IOException {
    for (List<String> row : rows("Every field")) {
      if (!row.get(3).equals("supported")) {
        assertThat(row.get(1)).isEqualTo("—");
        assertThat(builderMethods()).doesNotContain(Names.camelCase(row.get(0)));
        assertThatThrownBy(() -> TrainingArguments.fromMap(Map.of(row.get(0), "x")))
            .hasMessageContaining(row.get(0) + " = ")
            .hasMessageContaining(row.get(3));
      }
    }
  }

  @Test
  void ourOwnArgumentsAreThoseThatHuggingFaceDoesNotHave() throws IOException {
    assertThat(rows("Our own"))
        .extracting(row -> row.get(0))
        .containsExactlyInAnyOrderElementsOf(
            TABLE.rows().stream()
                .filter(row -> row.decision().equals("our own"))
                .map(ArgumentRow::name)
                .toList());
    for (List<String> row : rows("Our own")) {
      assertDefault(row.get(0), row.get(2));
    }
  }

  @Test
  void theYamlExampleIsTheBuilderExample() throws IOException {
    String page = Files.readString(PAGE);

    assertThat(TrainingArguments.parseYaml(page.split("```yaml\n")[1].split("```")[0]))
        .isEqualTo(
            TrainingArguments.builder()
                .outputDir(Path.of("out"))
                .numTrainEpochs(3)
                .learningRate(3e-5)
                .lrSchedulerType(SchedulerType.COSINE)
                .warmupSteps(0.06)
                .evalStrategy(IntervalStrategy.EPOCH)
                .loadBestModelAtEnd(true)
                .metricForBestModel("accuracy")
                .build());
  }

  @Test
  void showsEveryKeyOfEverySchedulerAndOptimizer() throws IOException {
    for (SchedulerType type : SchedulerType.values()) {
      assertKeys(ValueType.hfName(type), SchedulerOptions.of(type));
    }
    for (OptimizerName optimizer : OptimizerName.values()) {
      assertKeys(ValueType.hfName(optimizer), OptimizerOptions.of(optimizer));
    }
  }

  private static void assertKeys(String name, List<ExtraOption> options) throws IOException {
    String row =
        Files.readString(PAGE)
            .lines()
            .filter(line -> line.matches("\\| ([a-z0-9_]+, )*" + name + "(, [a-z0-9_]+)* \\|.*"))
            .findFirst()
            .orElseThrow(() -> new AssertionError("no row for " + name));
    for (ExtraOption option : options) {
      assertThat(row).contains("`" + option.key() + "`");
    }
  }

  @Test
  void showsEveryOldName() throws IOException {
    assertThat(rows("Names of version 4"))
        .extracting(row -> row.get(0))
        .containsExactlyInAnyOrderElementsOf(TABLE.older().keySet());
  }

  @Test
  void theTableOfArgumentsHoldsEveryAccessorAndItsHelp() {
    Set<String> accessors =
        Arrays.stream(ImmutableTrainingArguments.class.getDeclaredFields())
            .filter(field -> (field.getModifiers() & (Modifier.STATIC | Modifier.TRANSIENT)) == 0)
            .map(Field::getName)
            .collect(Collectors.toSet());

    assertThat(TABLE.arguments())
        .extracting(Argument::javaName)
        .containsExactlyInAnyOrderElementsOf(accessors);
    assertThat(builderMethods()).containsAll(accessors);
    assertThat(TABLE.arguments()).noneMatch(argument -> argument.help().isBlank());
  }

  private static void assertDefault(String name, String documented) {
    Object actual = DEFAULTS.toMap().get(name);
    String shown = actual == null ? "unset" : ValueType.show(actual);

    assertThat(builderMethods()).contains(Names.camelCase(name));
    assertThat(documented)
        .as("default of " + name)
        .isEqualTo(shown.replaceAll("\\[]|\\{}", "empty"));
  }
}
