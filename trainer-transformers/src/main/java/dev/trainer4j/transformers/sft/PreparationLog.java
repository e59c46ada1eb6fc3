// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import dev.trainer4j.data.DataException;
import dev.trainer4j.data.Dataset;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/** Tells how far the preparation of a dataset is, what became of its rows, and what is wrong with them. */
final class PreparationLog {

  private static final Duration BETWEEN = Duration.ofSeconds(5);
  private static final int MOST_REASONS = 3;

  private final Logger logger;
  private final String name;
  private final Dataset<?> rows;
  private final long start = System.nanoTime();
  private long told = start;

  PreparationLog(Logger logger, String name, Dataset<?> rows) {
    this.logger = logger;
    this.name = name;
    this.rows = rows;
  }

  /** Tells the state every few seconds. */
  void progress(long done, long total) {
    long now = System.nanoTime();
    if (done < total && now - told >= BETWEEN.toNanos()) {
      told = now;
      long left = (long) ((now - start) / 1e9 / done * (total - done));
      logger.info(
          "Preparing the {} dataset: {} of {} rows, about {} s left.", name, done, total, left);
    }
  }

  /** Refuses the first of the rows that cannot be trained on. */
  void refuse(Map<Long, String> invalid) {
    if (!invalid.isEmpty()) {
      Map.Entry<Long, String> first = invalid.entrySet().iterator().next();
      throw refusal(first.getKey(), first.getValue(), null);
    }
  }

  /** The refusal of a row. */
  DataException refusal(long index, @Nullable String reason, @Nullable Throwable cause) {
    return new DataException(
        "the "
            + name
            + " dataset, "
            + told(index, reason)
            + ". Correct it, or leave such rows out with invalidRows(InvalidRows.SKIP).",
        cause);
  }

  String name() {
    return name;
  }

  /** Tells what was left out, and why. */
  void rows(PreparedRows prepared, InvalidRows policy) {
    Map<Long, String> invalid = prepared.invalid();
    if (policy == InvalidRows.ERROR) {
      refuse(invalid);
    }
    if (!invalid.isEmpty()) {
      logger.warn(
          "{} of {} rows of the {} dataset cannot be trained on and are left out: {}{}.",
          invalid.size(),
          rows.size(),
          name,
          invalid.entrySet().stream()
              .limit(MOST_REASONS)
              .map(entry -> told(entry.getKey(), entry.getValue()))
              .collect(Collectors.joining("; ")),
          invalid.size() > MOST_REASONS ? "; and others" : "");
    }
    if (prepared.promptChanged() > 0) {
      logger.warn(
          "In {} of {} rows of the {} dataset, the tokens of the prompt are not the first ones of prompt and"
              + " completion together, so that the border between them is only near where it should be: end"
              + " prompts without white space, or where the template ends them.",
          prepared.promptChanged(),
          rows.size(),
          name);
    }
    if (prepared.untrained() > 0) {
      logger.warn(
          "{} of {} rows of the {} dataset are left out, as no token of them is trained; where that is because"
              + " rows are cut, raise max_length.",
          prepared.untrained(),
          rows.size(),
          name);
    }
    if (prepared.kept().length == 0) {
      throw new DataException(
          "no row is left of the "
              + rows.size()
              + " of the "
              + name
              + " dataset: "
              + prepared.untrained()
              + " have no token that is trained within maxLength, and "
              + invalid.size()
              + " cannot be trained on.");
    }
    logger.info(
        "The {} dataset: {} rows of {} tokens in all, {} at most, prepared in {} s.",
        name,
        prepared.kept().length,
        Arrays.stream(prepared.lengths()).asLongStream().sum(),
        Arrays.stream(prepared.lengths()).max().orElse(0),
        String.format(Locale.ROOT, "%.1f", (System.nanoTime() - start) / 1e9));
  }

  /** Tells into how many blocks rows were packed. */
  void blocks(long blocks, PreparedRows prepared, int blockLength) {
    if (blocks == 0) {
      throw new DataException(
          "no row of the " + name + " dataset has a token: nothing can be packed.");
    }
    long longer = Arrays.stream(prepared.lengths()).filter(length -> length > blockLength).count();
    logger.info(
        "The {} dataset is packed: {} blocks of up to {} tokens; {} rows are longer than that.",
        name,
        blocks,
        blockLength,
        longer);
  }

  private String told(long index, @Nullable String reason) {
    return rows.origin(index) + ": " + reason;
  }
}
