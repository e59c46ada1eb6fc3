// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import dev.trainer4j.cli.train.RunData.Rows;
import dev.trainer4j.transformers.PretrainedConfig;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** The labels of a run, sorted as Hugging Face's scripts sort them, or in the order of a model that was trained with them. */
final class LabelSet {
  private static final Comparator<String> ORDER =
      Comparator.comparing(LabelSet::isWhole, Comparator.reverseOrder())
          .thenComparing(text -> isWhole(text) ? Long.parseLong(text) : 0L)
          .thenComparing(Comparator.naturalOrder());

  private final List<String> names;
  private final Map<String, Integer> indices = new HashMap<>();

  private LabelSet(List<String> names) {
    this.names = List.copyOf(names);
    for (int i = 0; i < names.size(); i++) {
      indices.put(names.get(i), i);
    }
  }

  /**
   * The labels that appear.
   *
   * @param seen every label of the data
   * @param config that of the model, whose order counts if it has the same labels, or at least these
   */
  static LabelSet of(Collection<String> seen, PretrainedConfig config) {
    TreeSet<String> sorted = new TreeSet<>(ORDER);
    sorted.addAll(seen);
    if (config.has("id2label") || config.has("label2id")) {
      List<String> known = new ArrayList<>(new TreeMap<>(config.id2label()).values());
      if (known.containsAll(sorted)) {
        return new LabelSet(known);
      }
    }
    return new LabelSet(List.copyOf(sorted));
  }

  /**
   * The labels of a trained model; data that numbers them from 0 has their numbers.
   *
   * @param seen every label of the data
   */
  static LabelSet ofTrained(Collection<String> seen, PretrainedConfig config) {
    LabelSet own = new LabelSet(new ArrayList<>(new TreeMap<>(config.id2label()).values()));
    boolean named = own.names.containsAll(seen);
    boolean numbered =
        seen.stream().allMatch(name -> isWhole(name) && Long.parseLong(name) < own.size());
    if (!named && numbered) {
      for (int i = 0; i < own.size(); i++) {
        own.indices.put(Integer.toString(i), i);
      }
    }
    return own;
  }

  List<String> names() {
    return names;
  }

  int size() {
    return names.size();
  }

  boolean knows(String label) {
    return indices.containsKey(label);
  }

  /** The index of a label; a message that lists them if it is unknown. */
  int index(String label) {
    Integer index = indices.get(label);
    if (index == null) {
      throw new IllegalArgumentException(
          "the label " + Cells.shown(label) + " is none of those that the model learns: " + few());
    }
    return index;
  }

  String name(long index) {
    return index >= 0 && index < names.size() ? names.get((int) index) : Long.toString(index);
  }

  /** The labels for a message. */
  String few() {
    return names.size() <= 12
        ? String.join(", ", names)
        : String.join(", ", names.subList(0, 10)) + " and " + (names.size() - 10) + " more";
  }

  /** The name of a label: 1.0 of a file that counts in floating point is 1. */
  static String nameOf(Object value) {
    if (value instanceof Double number && number == Math.rint(number) && Math.abs(number) < 1e15) {
      return Long.toString(number.longValue());
    }
    return String.valueOf(value);
  }

  /** Refuses what the training data does not have. */
  void require(Rows rows, String column) {
    for (long i = 0; i < rows.rows().size(); i++) {
      Object value = rows.rows().get(i).get(column);
      try {
        if (value instanceof List<?> list) {
          list.forEach(one -> index(nameOf(one)));
        } else if (value != null && !Cells.isEmpty(value)) {
          index(nameOf(value));
        }
      } catch (IllegalArgumentException e) {
        throw Cells.at(rows, i, e);
      }
    }
  }

  private static boolean isWhole(String text) {
    return text.matches("-?[0-9]{1,18}");
  }
}
