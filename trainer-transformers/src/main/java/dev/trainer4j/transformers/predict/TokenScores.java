// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.predict;

import dev.trainer4j.transformers.tokenization.TokenizedText;
import java.util.ArrayList;
import java.util.List;

/** From the scores of tokens to entities: transformers' {@code TokenClassificationPipeline.aggregate}. */
final class TokenScores {

  /** What is no entity. */
  private static final String OUTSIDE = "O";

  /** A token, or a word of several, with its label. */
  private record Piece(String label, double score, int start, int end) {

    /** The type without B- or I-. */
    String type() {
      return begins() || label.startsWith("I-") ? label.substring(2) : label;
    }

    boolean begins() {
      return label.startsWith("B-");
    }
  }

  private final List<String> labels;
  private final Aggregation aggregation;

  TokenScores(List<String> labels, Aggregation aggregation) {
    this.labels = labels;
    this.aggregation = aggregation;
  }

  /**
   * Returns the entities of one encoded text or piece of a text.
   *
   * @param logits of each token of {@code encoded}
   */
  List<Entity> entities(String text, TokenizedText encoded, List<float[]> logits) {
    List<Piece> pieces =
        aggregation == Aggregation.NONE || aggregation == Aggregation.SIMPLE
            ? tokens(encoded, logits)
            : words(encoded, logits);
    List<Entity> entities = new ArrayList<>();
    List<Piece> group = new ArrayList<>();
    for (Piece piece : pieces) {
      if (aggregation == Aggregation.NONE) {
        add(entities, text, piece.label(), List.of(piece));
        continue;
      }
      boolean goesOn =
          !group.isEmpty()
              && !piece.begins()
              && piece.type().equals(group.get(group.size() - 1).type());
      if (!goesOn) {
        addGroup(entities, text, group);
        group.clear();
      }
      group.add(piece);
    }
    addGroup(entities, text, group);
    return entities;
  }

  private static void addGroup(List<Entity> entities, String text, List<Piece> group) {
    if (!group.isEmpty()) {
      add(entities, text, group.get(0).type(), group);
    }
  }

  private static void add(List<Entity> entities, String text, String label, List<Piece> group) {
    if (label.equals(OUTSIDE)) {
      return;
    }
    int start = group.get(0).start();
    int end = group.get(group.size() - 1).end();
    double score = group.stream().mapToDouble(Piece::score).average().orElse(0);
    entities.add(new Entity(label, score, text.substring(start, end), start, end));
  }

  private List<Piece> tokens(TokenizedText encoded, List<float[]> logits) {
    List<Piece> pieces = new ArrayList<>();
    for (int i = 0; i < encoded.length(); i++) {
      if (encoded.specialTokensMask()[i] == 0) {
        pieces.add(piece(Probabilities.softmax(logits.get(i)), encoded.start(i), encoded.end(i)));
      }
    }
    return pieces;
  }

  private Piece piece(double[] scores, int start, int end) {
    int best = Probabilities.best(scores);
    return new Piece(labels.get(best), scores[best], start, end);
  }

  private List<Piece> words(TokenizedText encoded, List<float[]> logits) {
    List<Piece> words = new ArrayList<>();
    int i = 0;
    while (i < encoded.length()) {
      if (encoded.specialTokensMask()[i] != 0) {
        i++;
        continue;
      }
      int first = i;
      List<double[]> scores = new ArrayList<>();
      int word = encoded.wordIds()[first];
      do {
        scores.add(Probabilities.softmax(logits.get(i)));
        i++;
      } while (i < encoded.length()
          && encoded.specialTokensMask()[i] == 0
          && word != TokenizedText.NONE
          && encoded.wordIds()[i] == word);
      words.add(piece(wordScores(scores), encoded.start(first), encoded.end(i - 1)));
    }
    return words;
  }

  private double[] wordScores(List<double[]> tokens) {
    return switch (aggregation) {
      case FIRST -> tokens.get(0);
      case MAX -> mostCertain(tokens);
      default -> mean(tokens);
    };
  }

  private static double[] mostCertain(List<double[]> tokens) {
    double[] best = tokens.get(0);
    for (double[] scores : tokens) {
      if (scores[Probabilities.best(scores)] > best[Probabilities.best(best)]) {
        best = scores;
      }
    }
    return best;
  }

  private static double[] mean(List<double[]> tokens) {
    double[] mean = new double[tokens.get(0).length];
    for (double[] scores : tokens) {
      for (int i = 0; i < mean.length; i++) {
        mean[i] += scores[i] / tokens.size();
      }
    }
    return mean;
  }

  /** Of entities of several pieces that lie over each other, the longer stays, then the more likely. */
  static List<Entity> withoutOverlaps(List<Entity> sorted) {
    List<Entity> kept = new ArrayList<>();
    for (Entity entity : sorted) {
      Entity last = kept.isEmpty() ? null : kept.get(kept.size() - 1);
      if (last == null || entity.start() < last.start() || entity.start() >= last.end()) {
        kept.add(entity);
        continue;
      }
      int longer = (entity.end() - entity.start()) - (last.end() - last.start());
      if (longer > 0 || (longer == 0 && entity.score() > last.score())) {
        kept.set(kept.size() - 1, entity);
      }
    }
    return kept;
  }
}
