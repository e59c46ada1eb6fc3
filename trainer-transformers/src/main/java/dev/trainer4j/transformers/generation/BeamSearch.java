// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.generation;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;

/**
 * Beam search, as transformers does it: each step keeps the best continuations of all beams of an entry, those that end
 * go to the finished ones, and the best of the others run on.
 *
 * <p>The vocabulary is searched in a kernel. What is left is a handful of candidates for each entry of the batch.
 */
final class BeamSearch {

  private final GenerationConfig config;
  private final GenerationLimits limits;
  private final Stopping stopping;
  private final TokenChooser chooser;
  private final DecodingSession session;
  private final int beams;
  private final int keep;

  BeamSearch(
      GenerationConfig config,
      GenerationLimits limits,
      Stopping stopping,
      TokenChooser chooser,
      DecodingSession session) {
    this.config = config;
    this.limits = limits;
    this.stopping = stopping;
    this.chooser = chooser;
    this.session = session;
    beams = config.numBeams();
    // Enough that numBeams run on even if every end token is among the best.
    keep = Math.max(2, 1 + stopping.endTokens()) * beams;
  }

  GenerationOutput run(long[][] prompt) {
    int batch = prompt.length;
    BeamHypotheses[] entries = new BeamHypotheses[batch];
    Arrays.setAll(entries, i -> new BeamHypotheses(config, limits, stopping, prompt[i]));
    NDArray logits = session.next(prompt);
    int vocabulary = Math.toIntExact(logits.getShape().get(1));
    chooser.check(vocabulary);
    // All beams of an entry begin alike; only the first may continue, or all would stay alike.
    long[] parents = Generator.repeated(batch, beams);
    boolean first = true;
    int length = limits.promptLength();
    while (true) {
      NDArray all = first ? expanded(logits, parents) : logits;
      double[] best = continuations(all, entries, length);
      for (int i = 0; i < batch; i++) {
        entries[i].advance(candidates(best, i, batch, vocabulary), length);
      }
      length++;
      if (!goesOn(entries, length)) {
        return output(entries);
      }
      if (first) {
        session.reorder(parents);
        first = false;
      }
      reorder(entries);
      logits = session.next(Generator.column(lastTokens(entries, length)));
    }
  }

  private static NDArray expanded(NDArray logits, long[] parents) {
    return logits.get(logits.getManager().create(parents));
  }

  private double[] continuations(NDArray logits, BeamHypotheses[] entries, int length) {
    long[][] rows = new long[entries.length * beams][];
    float[][] scores = new float[entries.length][];
    for (int i = 0; i < entries.length; i++) {
      scores[i] = entries[i].runningScores();
      for (int j = 0; j < beams; j++) {
        rows[i * beams + j] = entries[i].running(j);
      }
    }
    return chooser.continuations(logits, rows, length, scores, keep, stopping.endTokens() + 1);
  }

  private BeamHypotheses.Candidate[] candidates(
      double[] best, int entry, int batch, int vocabulary) {
    BeamHypotheses.Candidate[] candidates = new BeamHypotheses.Candidate[keep];
    for (int k = 0; k < keep; k++) {
      float score = (float) best[entry * keep + k];
      long index = (long) best[(batch + entry) * keep + k];
      candidates[k] =
          new BeamHypotheses.Candidate(score, (int) (index / vocabulary), index % vocabulary);
    }
    return candidates;
  }

  private boolean goesOn(BeamHypotheses[] entries, int length) {
    boolean improvable = false;
    boolean allFull = true;
    boolean allStopped = true;
    for (BeamHypotheses entry : entries) {
      improvable |= entry.canImprove(length);
      allFull &= entry.isFull();
      allStopped &= entry.allCandidatesStopped();
    }
    boolean full = allFull && config.earlyStopping() == EarlyStopping.TRUE;
    return improvable && !full && !allStopped;
  }

  private void reorder(BeamHypotheses[] entries) {
    long[] rows = new long[entries.length * beams];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = (long) i / beams * beams + entries[i / beams].parent(i % beams);
    }
    session.reorder(rows);
  }

  private long[] lastTokens(BeamHypotheses[] entries, int length) {
    long[] tokens = new long[entries.length * beams];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = entries[i / beams].running(i % beams)[length - 1];
    }
    return tokens;
  }

  private GenerationOutput output(BeamHypotheses[] entries) {
    int wanted = config.numReturnSequences();
    long[][] sequences = new long[entries.length * wanted][];
    double[] scores = new double[sequences.length];
    int longest = limits.promptLength();
    for (int i = 0; i < sequences.length; i++) {
      BeamHypotheses entry = entries[i / wanted];
      sequences[i] = entry.finished(i % wanted);
      scores[i] = entry.finishedScore(i % wanted);
      longest = Math.max(longest, entry.finishedLength(i % wanted));
    }
    int length = longest;
    Arrays.setAll(sequences, i -> Arrays.copyOf(sequences[i], length));
    return new GenerationOutput(sequences, limits.promptLength(), scores);
  }
}
