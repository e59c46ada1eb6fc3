// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;

/**
 * Short texts in 56 languages, each with its language: the names of territories, languages,
 * currencies, months, days and time zones that the JDK carries. Nothing is downloaded.
 *
 * <p>Only texts of one single language are kept, so every row has one right answer. The split depends
 * on the text alone: one JDK release always gives the same rows in the same order.
 */
public final class LanguageData {
  private static final List<String> TAGS =
      List.of(
          "af", "am", "ar", "az", "be", "bg", "bn", "ca", "cs", "cy", "da", "de", "el", "en", "es",
          "et", "eu", "fa", "fi", "fr", "ga", "he", "hi", "hr", "hu", "hy", "id", "is", "it", "ja",
          "ka", "kk", "ko", "lt", "lv", "mk", "ml", "nb", "nl", "pl", "pt", "ro", "ru", "sk", "sl",
          "sq", "sv", "sw", "ta", "te", "th", "tr", "uk", "uz", "vi", "zh");

  /** One text in ten is held back for the test. */
  private static final int TEST_SHARE = 10;

  private final List<String> languages;
  private final List<Example> train = new ArrayList<>();
  private final List<Example> test = new ArrayList<>();

  /** A text and the index of its language in {@link #languages()}. */
  public record Example(String text, int label) {}

  /**
   * Read the rows from this JDK; takes a few seconds.
   *
   * @throws IllegalStateException when this JDK does not carry the data of some languages
   */
  public static LanguageData load() {
    return new LanguageData(TAGS.stream().map(Locale::forLanguageTag).toList());
  }

  LanguageData(List<Locale> locales) {
    requireAvailable(locales);
    languages = locales.stream().map(locale -> locale.getDisplayLanguage(Locale.ENGLISH)).toList();
    List<Map<String, String>> texts = locales.stream().map(LanguageData::texts).toList();
    Map<String, Integer> owners = countOwners(texts);
    for (int label = 0; label < texts.size(); label++) {
      for (Map.Entry<String, String> text : texts.get(label).entrySet()) {
        String key = text.getKey();
        if (owners.getOrDefault(key, 0) == 1) {
          (isTest(key) ? test : train).add(new Example(text.getValue(), label));
        }
      }
    }
  }

  /** Return the English names of the languages; a label is an index into this list. */
  public List<String> languages() {
    return languages;
  }

  /** Return the rows to learn from: about nine in ten, in the order of the languages. */
  public List<Example> train() {
    return List.copyOf(train);
  }

  /** Return the rows held back: none of their texts is among {@link #train()}, in any case. */
  public List<Example> test() {
    return List.copyOf(test);
  }

  /** The names of one language by their case-folded form. */
  private static Map<String, String> texts(Locale locale) {
    Map<String, String> texts = new LinkedHashMap<>();
    for (String name : DisplayNames.of(locale)) {
      if (name.codePoints().anyMatch(Character::isLetter)) {
        texts.putIfAbsent(fold(name), name);
      }
    }
    return texts;
  }

  /** A name that a language lacks reads as the English one: then both own it, and it is dropped. */
  private static Map<String, Integer> countOwners(List<Map<String, String>> texts) {
    Map<String, Integer> owners = new HashMap<>();
    for (Map<String, String> ofOneLanguage : texts) {
      ofOneLanguage.keySet().forEach(key -> owners.merge(key, 1, Integer::sum));
    }
    return owners;
  }

  private static String fold(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  private static boolean isTest(String key) {
    CRC32 hash = new CRC32();
    hash.update(key.getBytes(UTF_8));
    return hash.getValue() % TEST_SHARE == 0;
  }

  private static void requireAvailable(List<Locale> locales) {
    Set<Locale> available = new HashSet<>(Arrays.asList(Locale.getAvailableLocales()));
    List<String> missing =
        locales.stream()
            .filter(locale -> !available.contains(locale))
            .map(Locale::toLanguageTag)
            .toList();
    if (!missing.isEmpty()) {
      throw new IllegalStateException(
          "This Java runtime carries no names for "
              + String.join(", ", missing)
              + ". They come from the module jdk.localedata, which every full JDK holds: run on a"
              + " full JDK 17 or later, without -Djava.locale.providers.");
    }
  }
}
