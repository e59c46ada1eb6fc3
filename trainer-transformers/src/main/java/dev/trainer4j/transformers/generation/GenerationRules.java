// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.generation;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which generation settings make sense, alone and together. */
final class GenerationRules {

  private final List<String> problems = new ArrayList<>();

  private GenerationRules() {}

  /** Returns one line for each thing that is wrong. */
  static List<String> problems(GenerationConfig config) {
    GenerationRules rules = new GenerationRules();
    rules.numbers(config);
    rules.tokens(config);
    rules.together(config);
    return rules.problems;
  }

  private void check(boolean holds, String name, @Nullable Object value, String expected) {
    if (!holds) {
      problems.add(name + " is " + value + ", expected " + expected);
    }
  }

  private void numbers(GenerationConfig config) {
    Integer maxNewTokens = config.maxNewTokens();
    check(config.maxLength() >= 1, "maxLength", config.maxLength(), "at least 1");
    check(maxNewTokens == null || maxNewTokens >= 1, "maxNewTokens", maxNewTokens, "at least 1");
    check(config.minLength() >= 0, "minLength", config.minLength(), "at least 0");
    check(config.minNewTokens() >= 0, "minNewTokens", config.minNewTokens(), "at least 0");
    check(config.numBeams() >= 1, "numBeams", config.numBeams(), "at least 1");
    check(
        config.numReturnSequences() >= 1,
        "numReturnSequences",
        config.numReturnSequences(),
        "at least 1");
    check(config.topK() >= 0, "topK", config.topK(), "at least 0 (0 means all)");
    check(config.topP() > 0 && config.topP() <= 1, "topP", config.topP(), "a number in (0, 1]");
    Double minP = config.minP();
    check(minP == null || (minP >= 0 && minP <= 1), "minP", minP, "a number in [0, 1]");
    positive("temperature", config.temperature());
    positive("repetitionPenalty", config.repetitionPenalty());
    check(
        Double.isFinite(config.lengthPenalty()),
        "lengthPenalty",
        config.lengthPenalty(),
        "a finite number");
    check(
        config.noRepeatNgramSize() >= 0,
        "noRepeatNgramSize",
        config.noRepeatNgramSize(),
        "at least 0 (0 means none)");
  }

  private void positive(String name, double value) {
    check(value > 0 && Double.isFinite(value), name, value, "a finite number above 0");
  }

  private void tokens(GenerationConfig config) {
    for (List<Integer> word : config.badWordsIds()) {
      check(
          !word.isEmpty() && word.stream().allMatch(id -> id >= 0),
          "badWordsIds",
          word,
          "token ids");
    }
    ids("suppressTokens", config.suppressTokens());
    ids("beginSuppressTokens", config.beginSuppressTokens());
    ids("eosTokenId", config.eosTokenId());
    ids("forcedEosTokenId", config.forcedEosTokenId());
    check(
        config.stopStrings().stream().noneMatch(String::isEmpty),
        "stopStrings",
        config.stopStrings(),
        "texts that are not empty");
  }

  private void ids(String name, List<Integer> ids) {
    check(ids.stream().allMatch(id -> id >= 0), name, ids, "token ids, which are at least 0");
  }

  private void together(GenerationConfig config) {
    check(
        config.numBeams() == 1 || config.numReturnSequences() <= config.numBeams(),
        "numReturnSequences",
        config.numReturnSequences(),
        "at most numBeams, " + config.numBeams());
    check(
        config.numReturnSequences() == 1 || config.numBeams() > 1 || config.doSample(),
        "numReturnSequences",
        config.numReturnSequences(),
        "1 without beams or sampling: all would be the same");
  }
}
