// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.generation;

import static dev.trainer4j.args.ValueType.FLAG;
import static dev.trainer4j.args.ValueType.INT;
import static dev.trainer4j.args.ValueType.listOf;
import static dev.trainer4j.args.ValueType.number;
import static dev.trainer4j.args.ValueType.numberAbove;
import static dev.trainer4j.args.ValueType.wholeFrom;

import dev.trainer4j.args.ArgumentProblems;
import dev.trainer4j.args.ArgumentTable;
import dev.trainer4j.args.ValueType;
import java.util.List;
import java.util.Optional;

/** The generation settings, one row each, and what must hold between them. */
final class GenerationConfigTable {

  private static final ValueType<List<Integer>> IDS =
      listOf(wholeFrom(0), "token ids, which are at least 0");

  /** One number where there is one, as files have it. */
  private static final ValueType<List<Integer>> ONE_OR_MORE =
      IDS.writing(ids -> ids.size() == 1 ? ids.get(0) : ids);

  private static final ValueType<List<List<Integer>>> WORDS =
      listOf(IDS, "lists of token ids, none of them empty")
          .where(words -> words.stream().noneMatch(List::isEmpty));

  private static final ValueType<List<String>> STOP_STRINGS =
      listOf(
          ValueType.<String>of(
                  String.class,
                  "a text",
                  raw -> raw instanceof String text ? Optional.of(text) : Optional.empty())
              .where(text -> !text.isEmpty()),
          "a text or a list of texts that are not empty");

  private static final ValueType<EarlyStopping> EARLY_STOPPING =
      ValueType.<EarlyStopping>of(
              EarlyStopping.class,
              "true, false or never",
              raw -> raw.equals("never") ? Optional.of(EarlyStopping.NEVER) : Optional.empty())
          .or(raw -> FLAG.parse().apply(raw).map(GenerationConfigTable::stopping))
          .writing(value -> value == EarlyStopping.NEVER ? "never" : value == EarlyStopping.TRUE);

  private static final ValueType<Double> SHARE =
      number("a number in [0, 1]", value -> value >= 0 && value <= 1);

  static final ArgumentTable<GenerationConfig, GenerationConfig.Builder> TABLE =
      ArgumentTable.of(
              GenerationConfig.class,
              GenerationConfig::builder,
              GenerationConfig.Builder::unchecked)
          .row("max_length", wholeFrom(1), "tokens of a row at most, prompt included")
          .row("max_new_tokens", wholeFrom(1), "tokens to add at most; wins over max_length")
          .row("min_length", wholeFrom(0), "tokens of a row at least, prompt included")
          .row("min_new_tokens", wholeFrom(0), "tokens to add at least")
          .row("do_sample", FLAG, "draw tokens at random")
          .row("early_stopping", EARLY_STOPPING, "when a beam search ends")
          .row("num_beams", wholeFrom(1), "beams of the search; 1 for none")
          .row("num_return_sequences", wholeFrom(1), "sequences for each input")
          .row("temperature", numberAbove(0), "what logits are divided by when sampling")
          .row("top_k", wholeFrom(0), "likeliest tokens to draw from; 0 for all")
          .row(
              "top_p",
              number("a number in (0, 1]", value -> value > 0 && value <= 1),
              "probability that the tokens to draw from make up; 1 for all")
          .row("min_p", SHARE, "share of the likeliest token's probability that others must have")
          .row(
              "repetition_penalty", numberAbove(0), "what scores of repeated tokens are divided by")
          .row(
              "length_penalty",
              number("a finite number", value -> true),
              "power of the length that scores of beams are divided by")
          .row("no_repeat_ngram_size", wholeFrom(0), "tokens in a row that may not come twice")
          .row("stop_strings", STOP_STRINGS, "texts that end a row")
          .row("bad_words_ids", WORDS, "sequences of tokens that may not be written")
          .row("suppress_tokens", IDS, "tokens that may not be written")
          .row("begin_suppress_tokens", IDS, "tokens that may not come first")
          .row("forced_bos_token_id", INT, "token that must come first after the decoder's start")
          .row("forced_eos_token_id", ONE_OR_MORE, "tokens that must come last")
          .row("bos_token_id", INT, "token that begins a text")
          .row("eos_token_id", ONE_OR_MORE, "tokens that end a row")
          .row("pad_token_id", INT, "token that fills rows that ended")
          .row("decoder_start_token_id", INT, "token that an encoder-decoder model starts from")
          // In transformers the seed is the process's.
          .apart("seed", "others")
          .rules(GenerationConfigTable::check)
          .build();

  static final ValueType<GenerationConfig> TYPE =
      ValueType.<GenerationConfig>of(
              GenerationConfig.class,
              "a JSON file of generation settings, a folder with "
                  + GenerationConfig.FILE_NAME
                  + ", or the settings",
              GenerationConfigJson::parseArgument)
          .writing(GenerationConfigJson::values);

  private GenerationConfigTable() {}

  private static EarlyStopping stopping(boolean early) {
    return early ? EarlyStopping.TRUE : EarlyStopping.FALSE;
  }

  private static void check(GenerationConfig config, ArgumentProblems problems) {
    problems.check(
        config.numBeams() > 1 && config.numReturnSequences() > config.numBeams(),
        "num_return_sequences",
        "at most num_beams, " + config.numBeams(),
        "");
    problems.check(
        config.numReturnSequences() > 1 && config.numBeams() == 1 && !config.doSample(),
        "num_return_sequences",
        "1 without beams or sampling: all would be the same",
        "");
  }
}
