// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.predict;

import dev.trainer4j.transformers.tokenization.TokenizedText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Chooses answers as the pipeline {@code question-answering} of transformers 4 did: probabilities of first and last
 * tokens over the context of a piece, and their product.
 *
 * @param maxAnswer the most tokens of an answer
 * @param impossible whether there may be none
 * @param noAnswerThreshold by how much the logarithm of the score of none must exceed that of an answer to come before it
 */
record AnswerRule(int maxAnswer, boolean impossible, double noAnswerThreshold) {

  /** Of the tokens of one piece. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Logits(float[] starts, float[] ends) {}

  /** What tokens outside of the context have instead of their logit. */
  private static final float HIDDEN = -10_000f;

  private record Span(int first, int last, double score) {}

  private record Ranked(Answer answer, double rank) {}

  List<Answer> best(String context, List<TokenizedText> pieces, List<Logits> logits, int topK) {
    List<Ranked> answers = new ArrayList<>();
    double none = 1_000_000;
    for (int i = 0; i < pieces.size(); i++) {
      TokenizedText piece = pieces.get(i);
      double[] starts = probabilities(piece, logits.get(i).starts());
      double[] ends = probabilities(piece, logits.get(i).ends());
      none = Math.min(none, starts[0] * ends[0]);
      for (Span span : spans(piece, starts, ends, topK)) {
        answers.add(new Ranked(answer(context, piece, span), span.score()));
      }
    }
    if (impossible) {
      answers.add(new Ranked(new Answer("", none, 0, 0), none * Math.exp(-noAnswerThreshold)));
    }
    answers.sort(Comparator.comparingDouble(Ranked::rank).reversed());
    if (answers.isEmpty()) {
      throw new IllegalArgumentException(
          "the context has no token that could be an answer: give one with words");
    }
    return answers.stream().limit(topK).map(Ranked::answer).toList();
  }

  /** The first token, such as [CLS], stands for "there is no answer" and takes its share. */
  private static double[] probabilities(TokenizedText piece, float[] logits) {
    float[] visible = logits.clone();
    for (int i = 1; i < visible.length; i++) {
      if (piece.sequenceIds()[i] != 1) {
        visible[i] = HIDDEN;
      }
    }
    return Probabilities.softmax(visible);
  }

  private List<Span> spans(TokenizedText piece, double[] starts, double[] ends, int topK) {
    List<Span> spans = new ArrayList<>();
    for (int first = 1; first < starts.length; first++) {
      int stop = Math.min(ends.length, first + maxAnswer);
      for (int last = first; last < stop; last++) {
        if (piece.sequenceIds()[first] == 1 && piece.sequenceIds()[last] == 1) {
          spans.add(new Span(first, last, starts[first] * ends[last]));
        }
      }
    }
    spans.sort(Comparator.comparingDouble(Span::score).reversed());
    return spans.subList(0, Math.min(topK, spans.size()));
  }

  /** An answer begins and ends with whole words. */
  private static Answer answer(String context, TokenizedText piece, Span span) {
    int first = span.first();
    while (sameWord(piece, first, first - 1)) {
      first--;
    }
    int last = span.last();
    while (sameWord(piece, last, last + 1)) {
      last++;
    }
    int start = piece.start(first);
    int end = piece.end(last);
    return new Answer(context.substring(start, end), span.score(), start, end);
  }

  private static boolean sameWord(TokenizedText piece, int token, int neighbor) {
    return neighbor >= 0
        && neighbor < piece.length()
        && piece.sequenceIds()[neighbor] == 1
        && piece.wordIds()[token] != TokenizedText.NONE
        && piece.wordIds()[neighbor] == piece.wordIds()[token];
  }
}
