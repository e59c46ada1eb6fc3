// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.metrics;

import dev.trainer4j.transformers.tokenization.TokenizedText;
import java.util.List;
import java.util.stream.IntStream;

/** Finds the answer of a question in its context from the logits of its first and last token. */
public final class AnswerSpans {

  /**
   * An answer.
   *
   * @param text a part of the context
   * @param start its first char in the context
   * @param score the sum of both logits
   */
  public record Answer(String text, int start, double score) {}

  private AnswerSpans() {}

  /**
   * Returns the best answer over all pieces of a context. Of each piece, the {@code nBest} best first
   * and last tokens are tried, as run_qa of transformers does.
   *
   * @param context the second text of the pair
   * @param pieces what {@code encodePieces(question, context, ONLY_SECOND)} gave
   * @param starts for each piece the logit of each token to be the first; longer ones are padded
   * @param ends for each piece the logit of each token to be the last
   * @param nBest how many tokens are tried; 20 in run_qa
   * @param maxAnswerLength the most tokens of an answer; 30 in run_qa
   * @return the answer; an empty one if no tokens of the context fit
   */
  public static Answer best(
      String context,
      List<TokenizedText> pieces,
      List<float[]> starts,
      List<float[]> ends,
      int nBest,
      int maxAnswerLength) {
    if (pieces.size() != starts.size() || pieces.size() != ends.size()) {
      throw new IllegalArgumentException(
          "there are "
              + pieces.size()
              + " pieces, but logits of "
              + starts.size()
              + " starts and "
              + ends.size()
              + " ends.");
    }
    Answer best = new Answer("", 0, Double.NEGATIVE_INFINITY);
    for (int i = 0; i < pieces.size(); i++) {
      TokenizedText piece = pieces.get(i);
      for (int first : top(starts.get(i), nBest, piece)) {
        for (int last : top(ends.get(i), nBest, piece)) {
          double score = (double) starts.get(i)[first] + ends.get(i)[last];
          if (last >= first && last - first < maxAnswerLength && score > best.score()) {
            String text = context.substring(piece.start(first), piece.end(last));
            best = new Answer(text, piece.start(first), score);
          }
        }
      }
    }
    return best;
  }

  /**
   * Returns the best answer, or none where the first tokens of the pieces, such as [CLS], say so: as run_qa of transformers does with
   * {@code version_2_with_negative}. That there is none is as likely as the piece that says so least.
   *
   * @param context the second text of the pair
   * @param pieces what {@code encodePieces(question, context, ONLY_SECOND)} gave, at least one
   * @param starts for each piece the logit of each token to be the first; longer ones are padded
   * @param ends for each piece the logit of each token to be the last
   * @param nBest how many tokens are tried; 20 in run_qa
   * @param maxAnswerLength the most tokens of an answer; 30 in run_qa
   * @param threshold by how much the logits of no answer must exceed those of the best one; 0 in run_qa
   * @return the answer; an empty one if there is none, with the sum of the logits of that
   */
  public static Answer bestOrNone(
      String context,
      List<TokenizedText> pieces,
      List<float[]> starts,
      List<float[]> ends,
      int nBest,
      int maxAnswerLength,
      double threshold) {
    Answer best = best(context, pieces, starts, ends, nBest, maxAnswerLength);
    double none =
        IntStream.range(0, pieces.size())
            .mapToDouble(i -> (double) starts.get(i)[0] + ends.get(i)[0])
            .min()
            .orElseThrow(() -> new IllegalArgumentException("there are no pieces of the context."));
    return none - best.score() > threshold ? new Answer("", 0, none) : best;
  }

  /** The best tokens of a piece that are in the context. */
  private static int[] top(float[] logits, int count, TokenizedText piece) {
    if (logits.length < piece.length()) {
      throw new IllegalArgumentException(
          "a piece has " + piece.length() + " tokens, but " + logits.length + " logits.");
    }
    return IntStream.range(0, logits.length)
        .boxed()
        .sorted((a, b) -> Float.compare(logits[b], logits[a]))
        .limit(count)
        .filter(token -> token < piece.length() && piece.sequenceIds()[token] == 1)
        .mapToInt(i -> i)
        .toArray();
  }
}
