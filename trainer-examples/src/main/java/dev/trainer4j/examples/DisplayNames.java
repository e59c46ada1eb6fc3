// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples;

import java.time.DayOfWeek;
import java.time.Month;
import java.time.ZoneId;
import java.time.format.TextStyle;
import java.util.Comparator;
import java.util.Currency;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TimeZone;
import java.util.stream.Stream;

/** Read the names a JDK knows in one language, from the Unicode CLDR data that it ships. */
final class DisplayNames {
  private static final List<TextStyle> STYLES = List.of(TextStyle.FULL, TextStyle.FULL_STANDALONE);

  private DisplayNames() {}

  /** Return all names in the language of {@code locale}, in the same order on every call. */
  static Set<String> of(Locale locale) {
    Set<String> names = new LinkedHashSet<>();
    Stream.of(
            territories(locale),
            languages(locale),
            currencies(locale),
            months(locale),
            days(locale),
            timeZones(locale))
        .flatMap(kind -> kind)
        .forEach(names::add);
    return names;
  }

  /** A name that the JDK lacks reads as its code: the code is no word of any language. */
  private static Stream<String> territories(Locale locale) {
    return Stream.of(Locale.getISOCountries())
        .map(code -> new Locale.Builder().setRegion(code).build())
        .filter(territory -> !territory.getDisplayCountry(locale).equals(territory.getCountry()))
        .map(territory -> territory.getDisplayCountry(locale));
  }

  private static Stream<String> languages(Locale locale) {
    return Stream.of(Locale.getISOLanguages())
        .map(code -> new Locale.Builder().setLanguage(code).build())
        .filter(language -> !language.getDisplayLanguage(locale).equals(language.getLanguage()))
        .map(language -> language.getDisplayLanguage(locale));
  }

  private static Stream<String> currencies(Locale locale) {
    return Currency.getAvailableCurrencies().stream()
        .sorted(Comparator.comparing(Currency::getCurrencyCode))
        .filter(currency -> !currency.getDisplayName(locale).equals(currency.getCurrencyCode()))
        .map(currency -> currency.getDisplayName(locale));
  }

  private static Stream<String> months(Locale locale) {
    return Stream.of(Month.values())
        .flatMap(month -> STYLES.stream().map(style -> month.getDisplayName(style, locale)));
  }

  private static Stream<String> days(Locale locale) {
    return Stream.of(DayOfWeek.values())
        .flatMap(day -> STYLES.stream().map(style -> day.getDisplayName(style, locale)));
  }

  /** Standard time only. Recent JDKs warn of the old three-letter ids, which name nothing new. */
  private static Stream<String> timeZones(Locale locale) {
    return Stream.of(TimeZone.getAvailableIDs())
        .filter(id -> !ZoneId.SHORT_IDS.containsKey(id))
        .sorted()
        .map(id -> TimeZone.getTimeZone(id).getDisplayName(false, TimeZone.LONG, locale));
  }
}
