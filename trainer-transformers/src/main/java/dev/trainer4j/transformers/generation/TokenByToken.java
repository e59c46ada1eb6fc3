// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.generation;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Greedy decoding and sampling: one token a row and step, until every row has ended. */
final class TokenByToken {

  private final GenerationConfig config;
  private final GenerationLimits limits;
  private final Stopping stopping;
  private final TokenChooser chooser;
  private final DecodingSession session;
  private final @Nullable TokenStreamer streamer;

  TokenByToken(
      GenerationConfig config,
      GenerationLimits limits,
      Stopping stopping,
      TokenChooser chooser,
      DecodingSession session,
      @Nullable TokenStreamer streamer) {
    this.config = config;
    this.limits = limits;
    this.stopping = stopping;
    this.chooser = chooser;
    this.session = session;
    this.streamer = streamer;
  }

  GenerationOutput run(long[][] prompt) {
    int copies = config.numReturnSequences();
    long[][] rows = rows(prompt, copies);
    NDArray logits = session.next(prompt);
    chooser.check(logits.getShape().get(1));
    if (copies > 1) {
      long[] repeated = Generator.repeated(prompt.length, copies);
      logits = logits.get(logits.getManager().create(repeated));
      session.reorder(repeated);
    }
    boolean[] ended = new boolean[rows.length];
    int length = limits.promptLength();
    while (true) {
      long[] tokens = chooser.choose(logits, rows, length);
      for (int i = 0; i < rows.length; i++) {
        tokens[i] = ended[i] ? Generator.padding(config) : tokens[i];
        rows[i][length] = tokens[i];
        ended[i] |= stopping.endsAt(rows[i], length + 1);
      }
      length++;
      if (streamer != null) {
        streamer.onTokens(tokens.clone());
      }
      if (length == limits.maxLength() || allTrue(ended)) {
        return output(rows, length);
      }
      logits = session.next(Generator.column(tokens));
    }
  }

  private long[][] rows(long[][] prompt, int copies) {
    long[][] rows = new long[prompt.length * copies][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = Arrays.copyOf(prompt[i / copies], limits.maxLength());
    }
    return rows;
  }

  private GenerationOutput output(long[][] rows, int length) {
    long[][] sequences =
        Arrays.stream(rows).map(row -> Arrays.copyOf(row, length)).toArray(long[][]::new);
    return new GenerationOutput(sequences, limits.promptLength(), null);
  }

  private static boolean allTrue(boolean[] values) {
    for (boolean value : values) {
      if (!value) {
        return false;
      }
    }
    return true;
  }
}
