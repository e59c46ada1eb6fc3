// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.examples.LanguageData.Example;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class LanguageDataTest {
  private static final LanguageData DATA = LanguageData.load();

  @Test
  void holdsTensOfThousandsOfTextsInFiftySixLanguages() {
    assertThat(DATA.languages()).hasSize(56).doesNotHaveDuplicates().contains("Danish", "Chinese");
    assertThat(DATA.train().size() + DATA.test().size()).isBetween(30_000, 60_000);
  }

  @Test
  void holdsBackAboutOneTextInTen() {
    double rows = DATA.train().size() + DATA.test().size();

    assertThat(DATA.test().size() / rows).isBetween(0.09, 0.11);
  }

  @Test
  void letsEveryTextStandOnceInOneSplitWhateverItsCase() {
    List<String> texts =
        Stream.concat(DATA.train().stream(), DATA.test().stream())
            .map(row -> row.text().toLowerCase(Locale.ROOT))
            .toList();

    assertThat(new HashSet<>(texts)).hasSameSizeAs(texts);
  }

  @Test
  void hasRowsOfEveryLanguageInBothSplits() {
    Set<Integer> all = new TreeSet<>(IntStream.range(0, DATA.languages().size()).boxed().toList());

    assertThat(labels(DATA.train())).isEqualTo(all);
    assertThat(labels(DATA.test())).isEqualTo(all);
  }

  @Test
  void keepsOnlyTextsWithALetter() {
    assertThat(Stream.concat(DATA.train().stream(), DATA.test().stream()))
        .allMatch(row -> row.text().codePoints().anyMatch(Character::isLetter));
  }

  @Test
  void givesTheSameRowsInTheSameOrderEveryTime() {
    List<Locale> locales = List.of(Locale.ENGLISH, Locale.GERMAN);

    assertThat(new LanguageData(locales).train()).isEqualTo(new LanguageData(locales).train());
  }

  @Test
  void dropsTextsThatTwoLanguagesShare() {
    LanguageData data = new LanguageData(List.of(Locale.ENGLISH, Locale.GERMAN));
    List<String> texts =
        Stream.concat(data.train().stream(), data.test().stream()).map(Example::text).toList();

    assertThat(texts).contains("Germany", "Deutschland").doesNotContain("April", "Portugal");
  }

  @Test
  void namesTheLanguagesThatTheRuntimeLacks() {
    List<Locale> locales = List.of(Locale.ENGLISH, Locale.forLanguageTag("tlh"));

    assertThatThrownBy(() -> new LanguageData(locales))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no names for tlh")
        .hasMessageContaining("jdk.localedata");
  }

  private static Set<Integer> labels(List<Example> rows) {
    return new TreeSet<>(rows.stream().map(Example::label).toList());
  }
}
