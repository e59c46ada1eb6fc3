// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The first samples of a batch as text, with what is learned of them. */
final class BatchText {
  private static final int SAMPLES = 3;
  private static final int LONGEST = 300;

  private final Task head;
  private final Recipe recipe;
  private final PretrainedTokenizer tokenizer;

  BatchText(RunSetup setup) {
    head = setup.recipe().head();
    recipe = setup.recipe();
    tokenizer = setup.texts().tokenizer();
  }

  void print(ModelInputs batch, PrintWriter out) {
    int count = Math.toIntExact(Math.min(SAMPLES, batch.batchSize()));
    for (int i = 0; i < count; i++) {
      long[] ids = row(batch, "input_ids", i);
      out.println(
          "  " + (i + 1) + ". " + ids.length + " tokens: " + shortened(text(batch, ids, i)));
      out.println("     label: " + shortened(label(batch, ids, i)));
    }
  }

  private String text(ModelInputs batch, long[] ids, int index) {
    if (batch.find("attention_mask").isEmpty()) {
      return tokenizer.decode(ids, false);
    }
    long[] mask = row(batch, "attention_mask", index);
    long[] seen =
        IntStream.range(0, ids.length).filter(i -> mask[i] != 0).mapToLong(i -> ids[i]).toArray();
    return tokenizer.decode(seen, false);
  }

  private String label(ModelInputs batch, long[] ids, int index) {
    return switch (head) {
      case QUESTION_ANSWERING -> {
        int from = (int) row(batch, "start_positions", index)[0];
        int to = (int) row(batch, "end_positions", index)[0];
        yield to == 0
            ? "(not in this piece)"
            : "'" + tokenizer.decode(Arrays.copyOfRange(ids, from, to + 1), false) + "'";
      }
      case TOKEN_CLASSIFICATION -> ofTokens(ids, row(batch, "labels", index), true);
      case MASKED_LM -> ofTokens(ids, row(batch, "labels", index), false);
      case CAUSAL_LM -> "each token but the first";
      case SEQ2SEQ_LM -> {
        long[] target = Arrays.stream(row(batch, "labels", index)).filter(id -> id >= 0).toArray();
        yield target.length + " tokens: " + tokenizer.decode(target, false);
      }
      default -> ofText(batch, index);
    };
  }

  private String ofText(ModelInputs batch, int index) {
    NDArray labels = batch.get("labels");
    if (DryRun.isWhole(batch, "labels")) {
      return recipe.label(row(batch, "labels", index)[0]);
    }
    float[] values = labels.toFloatArray();
    int width = values.length / Math.toIntExact(labels.getShape().get(0));
    if (width == 1) {
      return Float.toString(values[index]);
    }
    return IntStream.range(0, width)
        .filter(i -> values[index * width + i] != 0)
        .mapToObj(recipe::label)
        .collect(Collectors.joining(", "));
  }

  private String ofTokens(long[] ids, long[] labels, boolean names) {
    return IntStream.range(0, ids.length)
        .filter(i -> labels[i] >= 0)
        .mapToObj(
            i ->
                tokenizer.decode(new long[] {ids[i]}, false)
                    + " = "
                    + (names
                        ? recipe.label(labels[i])
                        : tokenizer.decode(new long[] {labels[i]}, false)))
        .collect(Collectors.joining(", "));
  }

  private static long[] row(ModelInputs batch, String name, int index) {
    NDArray array = batch.get(name);
    int width = Math.toIntExact(array.size() / array.getShape().get(0));
    return Arrays.copyOfRange(DryRun.longs(array), index * width, (index + 1) * width);
  }

  private static String shortened(String text) {
    String line = text.replace("\n", "\\n").replace("\r", "\\r");
    return line.length() <= LONGEST ? line : line.substring(0, LONGEST) + " …";
  }
}
