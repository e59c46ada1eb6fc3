// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.metrics;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Precision, recall and F1 of entities marked with B-, I- and O, as conlleval and seqeval's default
 * mode find them: an entity begins with B-, with I- of another type, or with I- behind O.
 */
public final class Entities {

  private record Entity(int sentence, String type, int start, int stop) {}

  private Entities() {}

  /**
   * Compares tags of sentences.
   *
   * @return {@code overall_precision}, {@code overall_recall}, {@code overall_f1}, {@code
   *     overall_accuracy} of single tags, and {@code TYPE_f1} of each type
   * @throws IllegalArgumentException if the lists do not have the same lengths, or a tag is none
   */
  public static Map<String, Double> score(
      List<List<String>> predictions, List<List<String>> references) {
    if (predictions.size() != references.size()) {
      throw new IllegalArgumentException(
          "there are "
              + predictions.size()
              + " predictions and "
              + references.size()
              + " references: expected one for each.");
    }
    Set<Entity> found = new HashSet<>();
    Set<Entity> wanted = new HashSet<>();
    double same = 0;
    double tags = 0;
    for (int i = 0; i < references.size(); i++) {
      List<String> prediction = predictions.get(i);
      List<String> reference = references.get(i);
      if (prediction.size() != reference.size()) {
        throw new IllegalArgumentException(
            "sentence "
                + i
                + " has "
                + prediction.size()
                + " predicted tags for "
                + reference.size()
                + " words.");
      }
      collect(prediction, i, found);
      collect(reference, i, wanted);
      for (int j = 0; j < reference.size(); j++) {
        same += prediction.get(j).equals(reference.get(j)) ? 1 : 0;
      }
      tags += reference.size();
    }
    Set<Entity> hits = new HashSet<>(found);
    hits.retainAll(wanted);
    Map<String, Double> result = new LinkedHashMap<>();
    result.put("overall_precision", ratio(hits.size(), found.size()));
    result.put("overall_recall", ratio(hits.size(), wanted.size()));
    result.put("overall_f1", ratio(2.0 * hits.size(), (double) found.size() + wanted.size()));
    result.put("overall_accuracy", ratio(same, tags));
    wanted.stream()
        .map(Entity::type)
        .distinct()
        .sorted()
        .forEach(
            type ->
                result.put(
                    type + "_f1",
                    ratio(
                        2.0 * count(hits, type),
                        (double) count(found, type) + count(wanted, type))));
    return result;
  }

  private static long count(Set<Entity> entities, String type) {
    return entities.stream().filter(entity -> entity.type().equals(type)).count();
  }

  private static void collect(List<String> tags, int sentence, Set<Entity> into) {
    String type = "";
    int start = 0;
    for (int i = 0; i <= tags.size(); i++) {
      String tag = i < tags.size() ? tags.get(i) : "O";
      String own = tag.equals("O") ? "" : type(tag);
      boolean goes = tag.startsWith("I-") && own.equals(type);
      if (goes) {
        continue;
      }
      if (!type.isEmpty()) {
        into.add(new Entity(sentence, type, start, i));
      }
      type = own;
      start = i;
    }
  }

  private static String type(String tag) {
    if (tag.length() > 2 && (tag.startsWith("B-") || tag.startsWith("I-"))) {
      return tag.substring(2);
    }
    throw new IllegalArgumentException(
        "the tag '" + tag + "' is none: expected O, B-TYPE or I-TYPE.");
  }

  private static double ratio(double part, double whole) {
    return whole == 0 ? 0 : part / whole;
  }
}
