// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Currency;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A question about a text, and the answer, which begins at char {@code start} of the text. The facts are
 * those of the JDK: names, codes and currencies of countries.
 */
record CountryQuestion(String question, String context, String answer, int start) {
  private static final int ONE_IN = 5;

  /** What is asked for, and how a text may tell it. */
  private enum Fact {
    NAME("What is the country called?", "The country is called %s.", "Its people call it %s."),
    CURRENCY("What does one pay with?", "One pays with the %s.", "In the shops, the %s is taken."),
    CODE(
        "What is the code of the country?",
        "Its cars show the letters %s.",
        "Its web sites end with %s.");

    private final String question;
    private final String pattern;
    private final String other;

    Fact(String question, String pattern, String other) {
      this.question = question;
      this.pattern = pattern;
      this.other = other;
    }
  }

  private record Country(String name, String currency, String code) {
    String tell(Fact fact) {
      return switch (fact) {
        case NAME -> name;
        case CURRENCY -> currency;
        case CODE -> code;
      };
    }
  }

  /** Make questions about four of five countries, or about the fifth. */
  static List<CountryQuestion> make(int count, long seed, boolean fifth) {
    Random random = new Random(seed);
    List<Country> countries = countries(fifth);
    List<CountryQuestion> questions = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      questions.add(make(countries.get(random.nextInt(countries.size())), random));
    }
    return questions;
  }

  private static CountryQuestion make(Country country, Random random) {
    List<Fact> facts = new ArrayList<>(List.of(Fact.values()));
    Collections.shuffle(facts, random);
    Fact asked = facts.get(random.nextInt(facts.size()));
    StringBuilder context = new StringBuilder();
    int start = 0;
    for (Fact fact : facts) {
      String[] around = (random.nextBoolean() ? fact.pattern : fact.other).split("%s", -1);
      context.append(context.isEmpty() ? "" : " ").append(around[0]);
      if (fact == asked) {
        start = context.length();
      }
      context.append(country.tell(fact)).append(around[1]);
    }
    return new CountryQuestion(asked.question, context.toString(), country.tell(asked), start);
  }

  private static List<Country> countries(boolean fifth) {
    List<Country> countries = new ArrayList<>();
    int number = 0;
    for (String code : Arrays.stream(Locale.getISOCountries()).sorted().toList()) {
      Locale country = new Locale("", code);
      @Nullable Currency currency = Currency.getInstance(country);
      if (currency != null && number++ % ONE_IN == 0 == fifth) {
        String name = country.getDisplayCountry(Locale.ENGLISH);
        countries.add(new Country(name, currency.getDisplayName(Locale.ENGLISH), code));
      }
    }
    return countries;
  }
}
