// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.generation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.ScriptKernels;
import dev.trainer4j.torch.Seeds;
import dev.trainer4j.torch.TorchFunctions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** Chooses tokens of logits, in {@code generation.py}: the rules of the settings first, then the strategy. */
final class TokenChooser implements AutoCloseable {

  /** Code without state, shared by all generators of the JVM. */
  private static final class Shared {
    static final ScriptKernels KERNELS =
        ScriptKernels.ofResource(TokenChooser.class, "Generation", "generation.py");
  }

  private final GenerationConfig config;
  private final GenerationLimits limits;
  private final NDManager manager;
  private final long[] words;

  TokenChooser(GenerationConfig config, GenerationLimits limits, NDManager parent) {
    this.config = config;
    this.limits = limits;
    manager = parent.newSubManager();
    words = words(config);
  }

  /** Bad words, one after the other, each led by its length. One that is nothing but an end is no bad word. */
  private static long[] words(GenerationConfig config) {
    List<Long> flat = new ArrayList<>();
    for (List<Integer> word : config.badWordsIds()) {
      if (word.size() > 1 || !config.eosTokenId().contains(word.get(0))) {
        flat.add((long) word.size());
        word.forEach(id -> flat.add((long) id));
      }
    }
    return flat.stream().mapToLong(Long::longValue).toArray();
  }

  /**
   * Returns the next token of each row.
   *
   * @param logits shape [rows, vocabulary]
   * @param rows the tokens so far, of which {@code length} count
   */
  long[] choose(NDArray logits, long[][] rows, int length) {
    try (Autograd.Recording off = Autograd.record(false);
        ArrayScope scope = ArrayScope.open()) {
      NDArray scores = process(logits, rows, length, false);
      NDArray tokens =
          config.doSample()
              ? drawn(length, () -> Shared.KERNELS.tensor(manager, "sample", scores, warping(1)))
              : Shared.KERNELS.tensor(manager, "greedy", scores);
      return drawable(TorchFunctions.toCpu(tokens, manager).toLongArray());
    }
  }

  /**
   * Returns the best continuations of each batch entry: first their scores, then their indices, beam * vocabulary +
   * token; shape [2, batch, keep].
   *
   * @param running the scores of the beams, one row for each batch entry
   */
  double[] continuations(
      NDArray logits, long[][] rows, int length, float[][] running, int keep, int least) {
    try (Autograd.Recording off = Autograd.record(false);
        ArrayScope scope = ArrayScope.open()) {
      NDArray scores = process(logits, rows, length, true);
      NDArray sums = manager.create(running);
      double[] warping = config.doSample() ? warping(least) : new double[0];
      Supplier<NDArray> search =
          () -> Shared.KERNELS.tensor(manager, "beam", scores, sums, (long) keep, warping);
      double[] found = (config.doSample() ? drawn(length, search) : search.get()).toDoubleArray();
      drawable(
          Arrays.stream(found, found.length / 2, found.length).mapToLong(i -> (long) i).toArray());
      return found;
    }
  }

  /** Refuses what the kernel gives for a row of which nothing can be drawn. */
  private long[] drawable(long[] indices) {
    for (long index : indices) {
      if (index < 0) {
        throw new IllegalStateException(
            "no token can be drawn: the scores of the next one are not a number, or the settings forbid every"
                + " token. Weights or logits may have overflowed, as in float16 or by a tiny temperature, or suppress_tokens and"
                + " bad_words_ids leave nothing");
      }
    }
    return indices;
  }

  /**
   * Refuses tokens of the settings that the model does not have, before a kernel looks them up.
   *
   * @param vocabulary how many it has
   */
  void check(long vocabulary) {
    check("suppress_tokens", config.suppressTokens(), vocabulary);
    check("begin_suppress_tokens", config.beginSuppressTokens(), vocabulary);
    for (List<Integer> word : config.badWordsIds()) {
      check("bad_words_ids", word, vocabulary);
    }
    Integer first = config.forcedBosTokenId();
    check("forced_bos_token_id", first == null ? List.of() : List.of(first), vocabulary);
    check("forced_eos_token_id", config.forcedEosTokenId(), vocabulary);
    if (limits.minLength() > limits.promptLength()) {
      check("eos_token_id, kept back by min_length,", config.eosTokenId(), vocabulary);
    }
  }

  private static void check(String name, List<Integer> tokens, long vocabulary) {
    for (int token : tokens) {
      if (token < 0 || token >= vocabulary) {
        throw new IllegalArgumentException(
            name
                + " has "
                + token
                + ", but the model's vocabulary has "
                + vocabulary
                + " tokens, 0 to "
                + (vocabulary - 1)
                + ". Are the settings those of the model?");
      }
    }
  }

  /** The generator of random numbers is the process's: it is held for one draw, not for a text. */
  private NDArray drawn(int length, Supplier<NDArray> draw) {
    return Seeds.with(Seeds.mix(config.seed(), length), draw);
  }

  private double[] warping(int least) {
    Double minP = config.minP();
    return new double[] {
      config.temperature(), config.topK(), config.topP(), minP == null ? -1 : minP, least
    };
  }

  private NDArray process(NDArray logits, long[][] rows, int length, boolean logarithms) {
    double[] numbers = {
      config.repetitionPenalty(), config.noRepeatNgramSize(), forced(length), logarithms ? 1 : 0
    };
    long[] suppressed = suppressed(length);
    return Shared.KERNELS.tensor(
        manager,
        "process",
        logits,
        sequences(rows, length),
        numbers,
        manager.create(suppressed),
        words);
  }

  /** What was written so far; nothing of it where no rule looks back. */
  private NDArray sequences(long[][] rows, int length) {
    boolean looksBack =
        config.repetitionPenalty() != 1 || config.noRepeatNgramSize() > 0 || words.length > 0;
    if (!looksBack) {
      return manager.create(new long[0], new Shape(rows.length, 0));
    }
    long[] flat = Arrays.stream(rows).flatMapToLong(row -> Arrays.stream(row, 0, length)).toArray();
    return manager.create(flat, new Shape(rows.length, length));
  }

  private long[] suppressed(int length) {
    List<Integer> tokens = new ArrayList<>(config.suppressTokens());
    if (length < limits.minLength()) {
      tokens.addAll(config.eosTokenId());
    }
    Integer forced = config.forcedBosTokenId();
    boolean afterForced = forced != null && limits.promptLength() == 1;
    if (length == limits.promptLength() + (afterForced ? 1 : 0)) {
      tokens.addAll(config.beginSuppressTokens());
    }
    return tokens.stream().mapToLong(Integer::longValue).toArray();
  }

  private long forced(int length) {
    Integer first = config.forcedBosTokenId();
    if (first != null && length == 1) {
      return first;
    }
    boolean last = length == limits.maxLength() - 1 && !config.forcedEosTokenId().isEmpty();
    return last ? config.forcedEosTokenId().get(0) : -1;
  }

  @Override
  public void close() {
    manager.close();
  }
}
