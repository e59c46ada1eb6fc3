// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import dev.trainer4j.data.CachedMap;
import dev.trainer4j.data.DataException;
import dev.trainer4j.data.DataSource;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.IterableDataset;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinPool;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * From rows as users have them to rows that can be collated, in TRL's order: format, end token, tokens, labels, cut, leave out what
 * is not trained; shuffle, pack, shuffle.
 */
final class SftPreparation {

  private static final Logger LOGGER = LoggerFactory.getLogger(SftPreparation.class);

  /** Changes when the same rows and arguments give other tokens than they did before. */
  private static final String VERSION = "sft 1";

  /** So many rows may be invalid, where such are left out, before one that tells the layout. */
  private static final long MOST_LOOKED_AT = 100;

  private final PretrainedTokenizer tokenizer;
  private final SftArguments arguments;
  private final @Nullable Function<? super Map<String, ?>, String> formattingFunc;
  private final TokenStore store;

  /**
   * Prepares by arguments.
   *
   * @param tokenizer as {@link SftTokenizer} made it by the same arguments
   * @param formattingFunc makes the text of a row; null where rows are taken by their columns
   */
  SftPreparation(
      PretrainedTokenizer tokenizer,
      SftArguments arguments,
      @Nullable Function<? super Map<String, ?>, String> formattingFunc) {
    this.tokenizer = tokenizer;
    this.arguments = arguments;
    this.formattingFunc = formattingFunc;
    store =
        arguments.datasetCacheDir() == null
            ? TokenStore.inMemory()
            : TokenStore.inFolder(arguments.datasetCacheDir());
  }

  /**
   * Prepares a dataset. A stream is read to its end.
   *
   * @param name of the dataset, for messages
   * @param packing whether rows are packed
   * @return maps with {@code input_ids} and {@code labels}, both {@code int[]}, and packed ones with {@code seq_lengths}
   * @throws IllegalArgumentException if an argument does not fit the columns of the dataset
   * @throws DataException if a row cannot be trained on, or none is left
   */
  Dataset<Map<String, Object>> prepare(
      DataSource<? extends Map<String, ?>> source, String name, boolean packing) {
    Dataset<? extends Map<String, ?>> rows = indexed(source);
    if (rows.size() == 0) {
      throw new DataException("the " + name + " dataset has no rows.");
    }
    PreparationLog log = new PreparationLog(LOGGER, name, rows);
    if (arguments.skipPrepareDataset()) {
      try {
        return new PreparedByUser(name).rows(rows);
      } catch (InvalidRowException e) {
        throw log.refusal(0, e.getMessage(), e);
      }
    }
    RowPreparation preparation = preparation(rows, packing, log);
    PreparedRows prepared =
        PreparedRows.of(tokens(preparation, rows.size(), packing, log), !packing);
    log.rows(prepared, arguments.invalidRows());
    if (arguments.shuffleDataset()) {
      prepared = prepared.shuffled(seed());
    }
    if (!packing) {
      return prepared.samples();
    }
    Packing strategy = Packing.of(arguments.packingStrategy(), blockLength());
    Dataset<Map<String, Object>> blocks =
        new PackedDataset(prepared.samples(), prepared.lengths(), strategy);
    log.blocks(blocks.size(), prepared, blockLength());
    return arguments.shuffleDataset() ? blocks.shuffle(seed()) : blocks;
  }

  /**
   * Prepares a stream row by row, as it is read. The first of its rows tell the layout.
   *
   * @throws IllegalArgumentException if an argument does not fit the columns of the stream
   * @throws DataException if its first row cannot be trained on, or there is none
   */
  IterableDataset<Map<String, Object>> stream(
      IterableDataset<? extends Map<String, ?>> source, String name) {
    Dataset<? extends Map<String, ?>> first =
        read(source, arguments.invalidRows() == InvalidRows.SKIP ? MOST_LOOKED_AT : 1);
    if (first.size() == 0) {
      throw new DataException("the " + name + " stream has no rows.");
    }
    PreparationLog log = new PreparationLog(LOGGER, name, first);
    return StreamedRows.of(source, preparation(first, false, log), arguments.invalidRows());
  }

  private long seed() {
    return arguments.training().seed();
  }

  private int blockLength() {
    return arguments
        .maxLength()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "maxLength is empty, but packing needs the length of a block: set it."));
  }

  /** Tells the layout by the first row; where invalid ones are left out, by the first that has a layout. */
  private RowPreparation preparation(
      Dataset<? extends Map<String, ?>> rows, boolean packing, PreparationLog log) {
    long looked =
        arguments.invalidRows() == InvalidRows.SKIP ? Math.min(MOST_LOOKED_AT, rows.size()) : 1;
    RuntimeException failure = null;
    for (long i = 0; i < looked; i++) {
      try {
        return preparation(RowSource.of(rows), i, packing, log.name());
      } catch (InvalidRowException e) {
        failure = failure == null ? log.refusal(i, e.getMessage(), e) : failure;
      } catch (IllegalArgumentException e) {
        failure = failure == null ? e : failure;
      }
    }
    throw Objects.requireNonNull(failure);
  }

  private RowPreparation preparation(
      RowSource source, long index, boolean packing, String dataset) {
    Map<String, ?> row = source.row(index);
    RowSource formatted = source;
    if (formattingFunc != null && RowFormat.isTokenized(row)) {
      LOGGER.warn(
          "The {} dataset has tokens already (input_ids): the formattingFunc is not used for it.",
          dataset);
    } else if (formattingFunc != null) {
      RowFormatter formatter = new RowFormatter(formattingFunc, arguments);
      formatter.check(row, dataset);
      formatted = new RowSource(source.rows(), formatter);
    }
    OptionalInt maxLength = arguments.maxLength();
    Function<TokenRow, TokenRow> cut =
        packing || maxLength.isEmpty()
            ? tokens -> tokens
            : tokens -> tokens.cut(maxLength.getAsInt(), arguments.truncationMode());
    RowTokenizer tokens = new RowFormat(tokenizer, arguments).of(formatted.row(index), dataset);
    return new RowPreparation(formatted, tokens, cut);
  }

  private Dataset<Map<String, Object>> tokens(
      RowPreparation preparation, long size, boolean packing, PreparationLog log) {
    CachedMap.Progress progress =
        (done, total) -> {
          if (arguments.invalidRows() == InvalidRows.ERROR) {
            log.refuse(preparation.invalid());
          }
          log.progress(done, total);
        };
    return onThreads(
        () ->
            store.fill(
                size,
                () -> key(packing) + RowDigest.of(size, preparation.source()::content),
                preparation::prepare,
                progress));
  }

  /** All that decides what the tokens of given rows are. */
  private String key(boolean packing) {
    return String.join(
        "|",
        VERSION,
        tokenizer.fingerprint(),
        arguments.datasetTextField(),
        String.valueOf(arguments.completionOnlyLoss()),
        String.valueOf(arguments.assistantOnlyLoss()),
        packing ? "uncut" : arguments.maxLength() + " " + arguments.truncationMode(),
        "");
  }

  private <T> T onThreads(Callable<T> work) {
    Integer wanted = arguments.datasetNumProc();
    ForkJoinPool pool =
        new ForkJoinPool(wanted == null ? Runtime.getRuntime().availableProcessors() : wanted);
    try {
      return pool.submit(work).get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      if (e.getCause() instanceof Error failure) {
        throw failure;
      }
      throw new DataException("rows could not be prepared: " + e.getCause(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DataException("the preparation of rows was interrupted.", e);
    } finally {
      pool.shutdownNow();
    }
  }

  private static Dataset<? extends Map<String, ?>> indexed(
      DataSource<? extends Map<String, ?>> source) {
    if (source instanceof Dataset<? extends Map<String, ?>> dataset) {
      return dataset;
    }
    return read((IterableDataset<? extends Map<String, ?>>) source, Long.MAX_VALUE);
  }

  private static Dataset<? extends Map<String, ?>> read(
      IterableDataset<? extends Map<String, ?>> source, long atMost) {
    List<Map<String, ?>> rows = new ArrayList<>();
    Iterator<? extends Map<String, ?>> iterator = source.iterator(0);
    try {
      while (rows.size() < atMost && iterator.hasNext()) {
        rows.add(UnreadableRow.next(iterator));
      }
    } finally {
      close(iterator);
    }
    return Datasets.of(rows);
  }

  /** Closes a stream that can be closed. */
  static void close(Iterator<?> iterator) {
    if (iterator instanceof AutoCloseable closeable) {
      try {
        closeable.close();
      } catch (Exception e) {
        throw new DataException("a stream of rows cannot be closed: " + e, e);
      }
    }
  }
}
