// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The tasks of GLUE, as run_glue knows them: which columns hold texts, and where the data is. */
final class Glue {
  /** The data set on the Hub. */
  static final String DATASET = "nyu-mll/glue";

  private static final Map<String, List<String>> TEXTS =
      new TreeMap<>(
          Map.of(
              "cola", List.of("sentence"),
              "mnli", List.of("premise", "hypothesis"),
              "mrpc", List.of("sentence1", "sentence2"),
              "qnli", List.of("question", "sentence"),
              "qqp", List.of("question1", "question2"),
              "rte", List.of("sentence1", "sentence2"),
              "sst2", List.of("sentence"),
              "stsb", List.of("sentence1", "sentence2"),
              "wnli", List.of("sentence1", "sentence2")));

  private Glue() {}

  static boolean knows(String task) {
    return TEXTS.containsKey(task);
  }

  static String names() {
    return String.join(", ", TEXTS.keySet());
  }

  static TextTask task(String name) {
    return name.equals("stsb") ? TextTask.REGRESSION : TextTask.CLASSIFICATION;
  }

  /** Pairs and single columns that are texts under these names. */
  static List<List<String>> columns() {
    return TEXTS.values().stream().distinct().toList();
  }
}
