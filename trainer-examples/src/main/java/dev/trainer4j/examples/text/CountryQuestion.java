// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Currency;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * A question about a text, and the answer, which begins at char {@code start} of the text. The facts are
 * those of the JDK: names, codes and currencies of countries.
 */
record CountryQuestion(String question, String context, String answer, int start) {
  private static final Map<String, List<String>> FACTS =
      Map.of(
          "name", List.of("The country is called %s.", "Its people call it %s."),
          "currency", List.of("One pays with the %s.", "In the shops, the %s is taken."),
          "code", List.of("Its cars show the letters %s.", "Its web sites end with %s."));
  private static final Map<String, String> QUESTIONS =
      Map.of(
          "name", "What is the country called?",
          "currency", "What does one pay with?",
          "code", "What is the code of the country?");
  private static final int ONE_IN = 5;

  /** Make questions about four of five countries, or about the fifth. */
  static List<CountryQuestion> make(int count, long seed, boolean fifth) {
    Random random = new Random(seed);
    List<Map<String, String>> countries = countries(fifth);
    List<CountryQuestion> questions = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      questions.add(make(countries.get(random.nextInt(countries.size())), random));
    }
    return questions;
  }

  private static CountryQuestion make(Map<String, String> country, Random random) {
    List<String> facts = new ArrayList<>(List.of("name", "currency", "code"));
    Collections.shuffle(facts, random);
    String asked = facts.get(random.nextInt(facts.size()));
    StringBuilder context = new StringBuilder();
    int start = 0;
    for (String fact : facts) {
      String pattern = FACTS.get(fact).get(random.nextInt(2));
      context.append(context.isEmpty() ? "" : " ");
      if (fact.equals(asked)) {
        start = context.length() + pattern.indexOf("%s");
      }
      context.append(String.format(pattern, country.get(fact)));
    }
    return new CountryQuestion(QUESTIONS.get(asked), context.toString(), country.get(asked), start);
  }

  private static List<Map<String, String>> countries(boolean fifth) {
    List<Map<String, String>> countries = new ArrayList<>();
    for (String code : Arrays.stream(Locale.getISOCountries()).sorted().toList()) {
      Locale country = new Locale("", code);
      Currency currency = Currency.getInstance(country);
      boolean held = countries.size() % ONE_IN == 0;
      if (currency != null) {
        countries.add(
            held == fifth
                ? Map.of(
                    "name", country.getDisplayCountry(Locale.ENGLISH),
                    "currency", currency.getDisplayName(Locale.ENGLISH),
                    "code", code)
                : Map.of());
      }
    }
    return countries.stream().filter(country -> !country.isEmpty()).toList();
  }
}
