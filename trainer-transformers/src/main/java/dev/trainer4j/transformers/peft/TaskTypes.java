// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.peft;

import dev.trainer4j.args.ValueType;
import java.util.List;
import java.util.Map;

/** PEFT's names of tasks, and the heads that are trained with an adapter for them. */
final class TaskTypes {

  static final ValueType<String> TYPE =
      ValueType.choice(
          "SEQ_CLS",
          "SEQ_2_SEQ_LM",
          "CAUSAL_LM",
          "TOKEN_CLS",
          "QUESTION_ANS",
          "FEATURE_EXTRACTION");

  /** What the heads of classifiers are called. */
  static final List<String> CLASSIFIERS = List.of("classifier", "score");

  private static final Map<String, List<String>> HEADS =
      Map.of(
          "SEQ_CLS", CLASSIFIERS, "TOKEN_CLS", CLASSIFIERS, "QUESTION_ANS", List.of("qa_outputs"));

  private TaskTypes() {}

  static List<String> heads(String taskType) {
    return HEADS.getOrDefault(taskType, List.of());
  }
}
