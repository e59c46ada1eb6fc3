// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.text;

import dev.trainer4j.transformers.metrics.Entities;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * Words, and the index of the tag of each: sentences made of names of persons, companies and countries
 * in patterns that tell what a name stands for.
 */
record TaggedSentence(List<String> words, List<Integer> labels) {
  static final List<String> TAGS =
      List.of("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC");

  private static final List<String> PATTERNS =
      List.of(
          "PER works for ORG in LOC .",
          "Yesterday PER flew from LOC to LOC .",
          "ORG has hired PER , who lives in LOC .",
          "The shares of ORG fell after PER left .",
          "PER and PER met in LOC .",
          "In LOC , ORG sells tea and bread .",
          "Nobody at ORG knew that PER was from LOC .",
          "The tea of LOC is cheap , says PER of ORG .");
  private static final List<String> FIRST =
      List.of("Anna", "Jordan", "Chad", "Omar", "Lucy", "Georgia", "Peter", "Wei", "Ines", "Paul");
  private static final List<String> STARTS =
      List.of("An", "Hol", "Mar", "Pet", "Ros", "Lin", "Ka", "Bel", "Do", "Fer", "Gus", "Wil");
  private static final List<String> MIDDLES = List.of("", "", "de", "li", "na", "ro", "so", "ta");
  private static final List<String> ENDS =
      List.of("son", "berg", "ini", "ova", "field", "sen", "dez", "man", "stein", "wood");
  private static final List<String> KINDS = List.of("Motors", "Bank", "Foods", "Labs");

  /** Make sentences about one half of the countries. */
  static List<TaggedSentence> make(int count, long seed) {
    return make(count, seed, 0);
  }

  /** Make sentences about the other half of the countries; most other names are new, too. */
  static List<TaggedSentence> makeWithNewNames(int count, long seed) {
    return make(count, seed, 1);
  }

  private static List<TaggedSentence> make(int count, long seed, int half) {
    Random random = new Random(seed);
    List<String> countries = countries();
    List<TaggedSentence> sentences = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<String> words = new ArrayList<>();
      List<Integer> labels = new ArrayList<>();
      for (String part : pick(PATTERNS, random).split(" ", -1)) {
        int tag = TAGS.indexOf("B-" + part);
        String name =
            switch (part) {
              case "PER" -> pick(FIRST, random) + " " + family(random);
              case "ORG" -> family(random) + " " + pick(KINDS, random);
              case "LOC" -> countries.get(2 * random.nextInt(countries.size() / 2) + half);
              default -> part;
            };
        for (String word : name.split(" ", -1)) {
          words.add(word);
          labels.add(tag < 0 ? 0 : tag);
          tag += tag % 2; // B-, then I-
        }
      }
      sentences.add(new TaggedSentence(List.copyOf(words), List.copyOf(labels)));
    }
    return sentences;
  }

  private static String family(Random random) {
    return pick(STARTS, random)
        + pick(MIDDLES, random)
        + pick(MIDDLES, random)
        + pick(ENDS, random);
  }

  private static List<String> countries() {
    return java.util.Arrays.stream(Locale.getISOCountries())
        .map(code -> new Locale("", code).getDisplayCountry(Locale.ENGLISH))
        .filter(name -> name.matches("[A-Za-z ]+"))
        .sorted()
        .toList();
  }

  private static String pick(List<String> words, Random random) {
    return words.get(random.nextInt(words.size()));
  }

  static List<String> texts(List<TaggedSentence> sentences) {
    return sentences.stream().map(sentence -> String.join(" ", sentence.words())).toList();
  }

  /** Score a guesser that gives each word the tag it had most often in {@code train}. */
  static double lookupF1(List<TaggedSentence> train, List<TaggedSentence> test) {
    Map<String, int[]> counts = new HashMap<>();
    for (TaggedSentence sentence : train) {
      for (int i = 0; i < sentence.words().size(); i++) {
        counts
            .computeIfAbsent(sentence.words().get(i), word -> new int[TAGS.size()])[
            sentence.labels().get(i)]++;
      }
    }
    Map<String, Double> scores =
        Entities.score(
            test.stream()
                .map(sentence -> sentence.words().stream().map(w -> mostOften(counts, w)).toList())
                .toList(),
            test.stream()
                .map(sentence -> sentence.labels().stream().map(TAGS::get).toList())
                .toList());
    return scores.getOrDefault("overall_f1", Double.NaN);
  }

  private static String mostOften(Map<String, int[]> counts, String word) {
    int[] seen = counts.getOrDefault(word, new int[TAGS.size()]);
    int best = 0;
    for (int tag = 1; tag < seen.length; tag++) {
      best = seen[tag] > seen[best] ? tag : best;
    }
    return TAGS.get(best);
  }

  /** Return the text with its entities in brackets. */
  String withTags(List<String> tags) {
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < tags.size(); i++) {
      String tag = tags.get(i);
      String goesOn = "I-" + tag.substring(tag.indexOf('-') + 1);
      boolean begins =
          i == 0 || tag.startsWith("B-") || !tags.get(i - 1).endsWith(goesOn.substring(1));
      boolean ends = i + 1 == tags.size() || !tags.get(i + 1).equals(goesOn);
      String open = !tag.equals("O") && begins ? "[" : "";
      String close = !tag.equals("O") && ends ? " " + tag.substring(2) + "]" : "";
      parts.add(open + words.get(i) + close);
    }
    return parts.stream().collect(Collectors.joining(" "));
  }
}
