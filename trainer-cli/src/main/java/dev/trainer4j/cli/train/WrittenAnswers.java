// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.metrics.EvalPrediction;
import dev.trainer4j.transformers.metrics.Rouge;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The figures of texts that a model wrote in an evaluation: ROUGE, and the share that is the reference to the letter. */
final class WrittenAnswers {
  private WrittenAnswers() {}

  static Map<String, Double> measure(EvalPrediction evaluation, PretrainedTokenizer tokenizer) {
    List<String> written = texts(evaluation.predictions(), tokenizer);
    List<String> wanted = texts(evaluation.labelIds(), tokenizer);
    Map<String, Double> metrics = new LinkedHashMap<>();
    Rouge.score(written, wanted).forEach((name, value) -> metrics.put(name, 100 * value));
    int same = 0;
    for (int i = 0; i < written.size(); i++) {
      same += written.get(i).equals(wanted.get(i)) ? 1 : 0;
    }
    metrics.put("exact_match", 100.0 * same / Math.max(1, written.size()));
    return metrics;
  }

  private static List<String> texts(NDArray tokens, PretrainedTokenizer tokenizer) {
    long[] ids = DryRun.longs(tokens);
    int count = Math.toIntExact(tokens.getShape().get(0));
    int width = ids.length / Math.max(1, count);
    // Of several sequences for a prompt the first is the best.
    int length = Math.toIntExact(tokens.getShape().get(tokens.getShape().dimension() - 1));
    List<String> texts = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      long[] row =
          Arrays.stream(ids, i * width, i * width + length).filter(id -> id >= 0).toArray();
      texts.add(tokenizer.decode(row, true).strip());
    }
    return texts;
  }
}
