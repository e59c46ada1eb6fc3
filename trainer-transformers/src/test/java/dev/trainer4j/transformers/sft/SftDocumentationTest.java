// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.args.Argument;
import dev.trainer4j.args.ArgumentRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Holds the tables of docs/sft.md and the arguments together. */
class SftDocumentationTest {

  private static List<List<String>> rows(String heading) throws IOException {
    String page = Files.readString(Path.of("../docs/sft.md"));
    String section = page.split("(?m)^### " + heading + "$", -1)[1].split("(?m)^##+ ", -1)[0];
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

  private static void assertDefault(String name, String shown) {
    Argument<?> argument =
        SftArguments.table().arguments().stream()
            .filter(row -> row.name().equals(name))
            .findFirst()
            .orElseThrow();
    Object value = argument.plain(SftArguments.builder().build());
    String actual =
        value == null ? "unset" : value instanceof Map<?, ?> ? "empty" : String.valueOf(value);
    assertThat(shown).as(name).isEqualTo(actual.toLowerCase(Locale.ROOT).replace("mib", "MiB"));
  }

  @Test
  void everyFieldOfTrlIsThereWithTheDecisionOfTheCode() throws IOException {
    for (String group : List.of("Model", "Data preparation", "Training")) {
      assertThat(rows(group).stream().map(row -> Map.entry(row.get(0), row.get(3))))
          .as(group)
          .containsExactlyInAnyOrderElementsOf(
              SftArguments.table().rows().stream()
                  .filter(row -> row.group().equals(group) && !row.decision().equals("our own"))
                  .map(row -> Map.entry(row.name(), row.decision()))
                  .toList());
      for (List<String> row : rows(group)) {
        if (row.get(3).equals("supported")) {
          assertDefault(row.get(0), row.get(2));
        }
      }
    }
  }

  @Test
  void ourOwnArgumentsAreThoseThatTrlDoesNotHave() throws IOException {
    assertThat(rows("Our own"))
        .extracting(row -> row.get(0))
        .containsExactlyInAnyOrderElementsOf(
            SftArguments.table().rows().stream()
                .filter(row -> row.decision().equals("our own"))
                .map(ArgumentRow::name)
                .toList());
    for (List<String> row : rows("Our own")) {
      assertDefault(row.get(0), row.get(2));
    }
  }
}
