// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.generation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The running and the finished sequences of one entry of the batch.
 *
 * <p>Scores are float32, and what is out is put far below everything else, as in transformers: the same sequences come out.
 */
final class BeamHypotheses {

  /** A continuation: the score of the whole, the beam it continues and the token it adds. */
  record Candidate(float score, int beam, long token) {}

  /**
   * A sequence, filled up to the limit; its tokens are never changed. A candidate is its parent's tokens
   * and one more, and gets tokens of its own if it survives: most do not.
   */
  private static final class Hypothesis {
    private final long[] tokens;
    private final int length;
    private final @Nullable Long last;
    private final float score;
    private final boolean ended;
    private final int parent;

    Hypothesis(
        long[] tokens, int length, @Nullable Long last, float score, boolean ended, int parent) {
      this.tokens = tokens;
      this.length = length;
      this.last = last;
      this.score = score;
      this.ended = ended;
      this.parent = parent;
    }

    float score() {
      return score;
    }

    boolean ended() {
      return ended;
    }

    Hypothesis withScore(float other) {
      return new Hypothesis(tokens, length, last, other, ended, parent);
    }

    Hypothesis settled() {
      if (last == null) {
        return this;
      }
      long[] own = tokens.clone();
      own[length - 1] = last;
      return new Hypothesis(own, length, null, score, ended, parent);
    }
  }

  private static final float OUT = -1e9f;

  private final GenerationConfig config;
  private final GenerationLimits limits;
  private final Stopping stopping;
  private final int beams;
  private List<Hypothesis> running = new ArrayList<>();
  private List<Hypothesis> finished = new ArrayList<>();
  private final long[] scratch;
  private boolean improvable = true;
  private boolean allStopped;

  BeamHypotheses(
      GenerationConfig config, GenerationLimits limits, Stopping stopping, long[] prompt) {
    this.config = config;
    this.limits = limits;
    this.stopping = stopping;
    beams = config.numBeams();
    scratch = new long[limits.maxLength()];
    long[] tokens = new long[limits.maxLength()];
    Arrays.fill(tokens, filler());
    System.arraycopy(prompt, 0, tokens, 0, prompt.length);
    for (int i = 0; i < beams; i++) {
      running.add(new Hypothesis(tokens, prompt.length, null, i == 0 ? 0 : OUT, false, i));
      finished.add(new Hypothesis(tokens, prompt.length, null, OUT, false, 0));
    }
  }

  /** transformers takes a padding token of 0 for none here, and fills with the end token. */
  private long filler() {
    Integer pad = config.padTokenId();
    List<Integer> ends = config.eosTokenId();
    if (ends.isEmpty()) {
      return pad == null || pad == 0 ? -1 : pad;
    }
    return pad == null || pad == 0 ? ends.get(0) : pad;
  }

  /** Takes the candidates of a step, best first; sequences have {@code length} tokens before it. */
  void advance(Candidate[] candidates, int length) {
    List<Hypothesis> extended = new ArrayList<>();
    boolean atLimit = length + 1 >= limits.maxLength();
    allStopped = true;
    for (Candidate candidate : candidates) {
      long[] tokens = running.get(candidate.beam()).tokens;
      System.arraycopy(tokens, 0, scratch, 0, length);
      scratch[length] = candidate.token();
      boolean ended = atLimit || stopping.endsAt(scratch, length + 1);
      allStopped &= ended;
      extended.add(
          new Hypothesis(
              tokens, length + 1, candidate.token(), candidate.score(), ended, candidate.beam()));
    }
    finish(extended, length);
    running =
        best(extended.stream().map(h -> h.ended() ? h.withScore(h.score() + OUT) : h).toList());
  }

  private void finish(List<Hypothesis> extended, int length) {
    boolean closed = isFull() && config.earlyStopping() == EarlyStopping.TRUE;
    float divisor = power(length + 1 - limits.promptLength());
    List<Hypothesis> merged = new ArrayList<>(finished);
    for (int i = 0; i < extended.size(); i++) {
      Hypothesis candidate = extended.get(i);
      // Only the best numBeams may finish; the others are there so that enough run on.
      boolean finishes = candidate.ended() && i < beams;
      float score = candidate.score() / divisor;
      score += closed ? OUT : 0;
      score += improvable ? 0 : OUT;
      score += finishes ? 0 : OUT;
      merged.add(
          new Hypothesis(candidate.tokens, candidate.length, candidate.last, score, finishes, 0));
    }
    finished = best(merged);
  }

  private float power(int length) {
    return (float) Math.pow(length, config.lengthPenalty());
  }

  private List<Hypothesis> best(List<Hypothesis> hypotheses) {
    List<Hypothesis> sorted = new ArrayList<>(hypotheses);
    sorted.sort(Comparator.comparingDouble(Hypothesis::score).reversed());
    return sorted.subList(0, beams).stream().map(Hypothesis::settled).toList();
  }

  /** Returns whether a running sequence may yet beat a finished one; once not, never again. */
  boolean canImprove(int length) {
    boolean never = config.earlyStopping() == EarlyStopping.NEVER && config.lengthPenalty() > 0;
    int hypothetical = (never ? limits.maxLength() : length) - limits.promptLength();
    float possible = running.get(0).score() / power(hypothetical);
    float worst = (float) finished.stream().mapToDouble(Hypothesis::score).min().orElseThrow();
    boolean beats = finished.stream().anyMatch(h -> possible > (h.ended() ? worst : OUT));
    improvable &= beats;
    return improvable;
  }

  /** Returns whether there are as many finished sequences as beams. */
  boolean isFull() {
    return finished.stream().allMatch(Hypothesis::ended);
  }

  /** Returns whether every candidate of the last step ended, so that none can run on. */
  boolean allCandidatesStopped() {
    return allStopped;
  }

  /** Returns the tokens of a running beam, filled up to the limit. */
  long[] running(int beam) {
    return running.get(beam).tokens;
  }

  /** Returns the beam of the step before that a running beam continues. */
  int parent(int beam) {
    return running.get(beam).parent;
  }

  float[] runningScores() {
    float[] scores = new float[beams];
    for (int i = 0; i < beams; i++) {
      scores[i] = running.get(i).score();
    }
    return scores;
  }

  long[] finished(int rank) {
    return finished.get(rank).tokens;
  }

  int finishedLength(int rank) {
    return finished.get(rank).length;
  }

  double finishedScore(int rank) {
    return finished.get(rank).score();
  }
}
