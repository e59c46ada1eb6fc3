// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.trainer;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.transformers.generation.GenerationConfig;
import dev.trainer4j.transformers.generation.GenerationOutput;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A model writes on where a prompt ends. The prompt of a row is what stands before its last run of labels, which is
 * the reference: of a dialogue everything up to the last answer that is learned. Without labels it is the whole
 * row, and where there are {@value #PROMPT_IDS}, it is those.
 */
final class ContinuationTask implements WritingTask {

  static final String PROMPT_IDS = "prompt_input_ids";
  static final String PROMPT_MASK = "prompt_attention_mask";

  /** The label of what is not learned. */
  private static final long IGNORED = -100;

  /** A maxLength would count the prompt, and the default leaves no room behind most. */
  @Override
  public void check(GenerationConfig config, boolean limited) {
    if (config.maxNewTokens() == null && !limited) {
      throw new IllegalArgumentException(
          "predictWithGenerate: nothing says how many tokens a model that writes on where its"
              + " prompt ends may add; set maxNewTokens in generationConfig, such as"
              + " GenerationConfig.builder().maxNewTokens(64).build()");
    }
  }

  @Override
  public int length(Map<?, ?> row) {
    Object labels = row.get("labels");
    if (row.get(PROMPT_IDS) != null || labels == null) {
      return PromptLengths.of(
          row.get(PROMPT_IDS) == null ? row.get("input_ids") : row.get(PROMPT_IDS));
    }
    int end = PromptLengths.of(labels);
    while (end > 0 && PromptLengths.at(labels, end - 1) == IGNORED) {
      end--;
    }
    while (end > 0 && PromptLengths.at(labels, end - 1) != IGNORED) {
      end--;
    }
    return end;
  }

  @Override
  public Prompts prompts(ModelInputs inputs, long filler) {
    NDArray given = inputs.find(PROMPT_IDS).orElse(null);
    long[][] prompts =
        given == null
            ? beforeLabels(inputs)
            : shown(TokenRows.of(given), inputs.find(PROMPT_MASK).map(TokenRows::of).orElse(null));
    int longest = 0;
    for (int i = 0; i < prompts.length; i++) {
      if (prompts[i].length == 0) {
        throw new IllegalArgumentException(
            "predictWithGenerate: row "
                + i
                + " of the batch has no token before its labels to write on from; labels of a"
                + " prompt are -100, or give it as "
                + PROMPT_IDS);
      }
      longest = Math.max(longest, prompts[i].length);
    }
    return paddedOnTheLeft(prompts, longest, filler);
  }

  private static long[][] beforeLabels(ModelInputs inputs) {
    refusePacked(inputs);
    long[][] ids = TokenRows.of(inputs.get("input_ids"));
    long[][] mask = inputs.find("attention_mask").map(TokenRows::of).orElse(null);
    NDArray labelArray = inputs.find("labels").orElse(null);
    if (labelArray == null) {
      return shown(ids, mask);
    }
    if (!labelArray.getShape().equals(inputs.get("input_ids").getShape())) {
      throw new IllegalArgumentException(
          "predictWithGenerate: labels have shape "
              + labelArray.getShape()
              + ", but input_ids "
              + inputs.get("input_ids").getShape()
              + "; a model that writes on has a label for each token, -100 for those of the"
              + " prompt");
    }
    long[][] labels = TokenRows.of(labelArray);
    long[][] prompts = new long[ids.length][];
    for (int i = 0; i < ids.length; i++) {
      prompts[i] = shown(ids[i], mask == null ? null : mask[i], lastRun(labels[i]).from);
    }
    return prompts;
  }

  /** Samples that were joined into one row have positions that begin anew. */
  private static void refusePacked(ModelInputs inputs) {
    NDArray positions = inputs.find("position_ids").orElse(null);
    if (positions == null) {
      return;
    }
    for (long[] row : TokenRows.of(positions)) {
      for (int i = 1; i < row.length; i++) {
        if (row[i] == 0 && row[i - 1] > 0) {
          throw new IllegalArgumentException(
              "predictWithGenerate: position_ids begin anew within a row, so that several samples"
                  + " stand in it, but a model writes on at the end of one alone; evaluate with a"
                  + " collator that pads, such as DataCollatorForSeq2Seq");
        }
      }
    }
  }

  /** Labels from {@code from} up to {@code to}. */
  private record Run(int from, int to) {}

  /** Returns the last labels that stand beside each other; none behind a row of none. */
  private static Run lastRun(long[] labels) {
    int to = labels.length;
    while (to > 0 && labels[to - 1] == IGNORED) {
      to--;
    }
    if (to == 0) {
      return new Run(labels.length, labels.length);
    }
    int from = to;
    while (from > 0 && labels[from - 1] != IGNORED) {
      from--;
    }
    return new Run(from, to);
  }

  private static long[][] shown(long[][] ids, long @Nullable [][] mask) {
    long[][] rows = new long[ids.length][];
    Arrays.setAll(rows, i -> shown(ids[i], mask == null ? null : mask[i], ids[i].length));
    return rows;
  }

  /** Returns the tokens up to {@code end} that a mask does not hide. */
  private static long[] shown(long[] ids, long @Nullable [] mask, int end) {
    return IntStream.range(0, end)
        .filter(i -> mask == null || mask[i] != 0)
        .mapToLong(i -> ids[i])
        .toArray();
  }

  private static Prompts paddedOnTheLeft(long[][] prompts, int length, long filler) {
    long[][] ids = new long[prompts.length][length];
    long[][] mask = new long[prompts.length][length];
    boolean padded = false;
    for (int i = 0; i < prompts.length; i++) {
      int from = length - prompts[i].length;
      Arrays.fill(ids[i], 0, from, filler);
      System.arraycopy(prompts[i], 0, ids[i], from, prompts[i].length);
      Arrays.fill(mask[i], from, length, 1);
      padded |= from > 0;
    }
    return new Prompts(ids, padded ? mask : null);
  }

  /** The prompt is no prediction. */
  @Override
  public long[][] written(GenerationOutput output) {
    return output.newTokens();
  }

  @Override
  public int width(GenerationConfig config) {
    Integer maxNewTokens = config.maxNewTokens();
    return maxNewTokens == null ? config.maxLength() - 1 : maxNewTokens;
  }

  @Override
  public NDArray references(NDArray labels) {
    if (labels.getShape().dimension() != 2) {
      return labels;
    }
    long[][] references =
        Arrays.stream(TokenRows.of(labels))
            .map(row -> Arrays.copyOfRange(row, lastRun(row).from, lastRun(row).to))
            .toArray(long[][]::new);
    return TokenRows.array(
        TokenRows.padded(references, TokenRows.longest(references), IGNORED), labels.getManager());
  }
}
