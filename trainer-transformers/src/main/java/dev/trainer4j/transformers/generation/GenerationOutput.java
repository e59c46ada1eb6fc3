// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.generation;

import java.util.Arrays;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What was generated.
 *
 * <p>Like the arrays of a model, those returned here are not copied.
 */
public final class GenerationOutput {

  private final long[][] sequences;
  private final int promptLength;
  private final double @Nullable [] sequencesScores;

  GenerationOutput(long[][] sequences, int promptLength, double @Nullable [] sequencesScores) {
    this.sequences = sequences;
    this.promptLength = promptLength;
    this.sequencesScores = sequencesScores;
  }

  /**
   * Returns the token ids, {@code numReturnSequences} rows for each row of the input, all of one length. Rows of a
   * decoder-only model begin with their prompt, those of an encoder-decoder model with its start token.
   */
  public long[][] sequences() {
    return sequences;
  }

  /** Returns the ids without the prompt (or start token), up to the length of the longest row. */
  public long[][] newTokens() {
    return Stream.of(sequences)
        .map(row -> Arrays.copyOfRange(row, promptLength, row.length))
        .toArray(long[][]::new);
  }

  /**
   * Returns the score of each sequence, by beam search: the sum of the logarithms of its probabilities, divided by its
   * length to the power of {@code lengthPenalty}.
   *
   * @throws IllegalStateException if there was no beam search
   */
  public double[] sequencesScores() {
    if (sequencesScores == null) {
      throw new IllegalStateException("only beam search (numBeams above 1) scores sequences");
    }
    return sequencesScores;
  }
}
