// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import dev.trainer4j.data.DataException;
import dev.trainer4j.data.IterableDataset;
import dev.trainer4j.data.OriginIterator;
import dev.trainer4j.data.ResumableDataset;
import dev.trainer4j.data.ResumableIterator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The rows of a stream, made into samples one by one while it is read; those that cannot be trained on are left out. */
class StreamedRows implements Iterator<Map<String, Object>>, AutoCloseable {

  private static final Logger LOGGER = LoggerFactory.getLogger(StreamedRows.class);

  /** After so many rows in a row of which none is trained, a stream is taken for one that holds none. */
  private static final long MOST_LEFT_OUT = 100_000;

  private static final String ROWS = "rows";
  private static final String STREAM = "stream";

  private final Iterator<? extends Map<String, ?>> source;
  private final RowPreparation preparation;
  private final InvalidRows policy;
  private long rows;
  private @Nullable Map<String, Object> next;
  private long skipped;
  private boolean counted;

  private StreamedRows(
      Iterator<? extends Map<String, ?>> source,
      RowPreparation preparation,
      InvalidRows policy,
      long rows) {
    this.source = source;
    this.preparation = preparation;
    this.policy = policy;
    this.rows = rows;
  }

  /** Makes a stream of samples, which goes on from its state if {@code source} does. */
  static IterableDataset<Map<String, Object>> of(
      IterableDataset<? extends Map<String, ?>> source,
      RowPreparation preparation,
      InvalidRows policy) {
    if (source instanceof ResumableDataset<? extends Map<String, ?>> resumable) {
      return new Resumable(resumable, preparation, policy);
    }
    return epoch -> new StreamedRows(source.iterator(epoch), preparation, policy, 0);
  }

  /** Reads on to the next row that is trained. */
  @Override
  public boolean hasNext() {
    for (long leftOut = 0; next == null && source.hasNext(); leftOut++) {
      if (leftOut == MOST_LEFT_OUT) {
        throw new DataException(
            "none of the last "
                + leftOut
                + " rows of the train stream has a token that is trained: look at its columns, maxLength and"
                + " completionOnlyLoss or assistantOnlyLoss.");
      }
      next = sample(UnreadableRow.next(source));
      rows++;
    }
    if (next == null) {
      tellHowMany();
    }
    return next != null;
  }

  /** Returns null for a row that is left out. */
  private @Nullable Map<String, Object> sample(@Nullable Map<String, ?> row) {
    TokenRow tokens;
    try {
      tokens = preparation.tokens(row);
    } catch (InvalidRowException e) {
      if (policy == InvalidRows.ERROR) {
        throw new DataException(
            "the train stream, "
                + place()
                + ": "
                + e.getMessage()
                + ". Correct it, or leave such rows out with invalidRows(InvalidRows.SKIP).",
            e);
      }
      tell(String.valueOf(e.getMessage()));
      return null;
    }
    if (TokenRow.isTrained(tokens.labels())) {
      return tokens.toSample();
    }
    tell("no token of it is trained; where that is because rows are cut, raise max_length");
    return null;
  }

  private void tell(String reason) {
    if (skipped++ == 0) {
      LOGGER.warn(
          "Left out of the train stream, {}: {}. This is told of the first one of an epoch.",
          place(),
          reason);
    }
  }

  private void tellHowMany() {
    if (skipped > 1 && !counted) {
      LOGGER.warn("{} of {} rows of the train stream were left out in this epoch.", skipped, rows);
    }
    counted = true;
  }

  private String place() {
    String row = "row " + rows;
    return source instanceof OriginIterator<?> placed ? row + " (" + placed.origin() + ")" : row;
  }

  @Override
  public Map<String, Object> next() {
    if (!hasNext() || next == null) {
      throw new NoSuchElementException();
    }
    Map<String, Object> sample = next;
    next = null;
    return sample;
  }

  @Override
  public void close() {
    tellHowMany();
    SftPreparation.close(source);
  }

  private record Resumable(
      ResumableDataset<? extends Map<String, ?>> source,
      RowPreparation preparation,
      InvalidRows policy)
      implements ResumableDataset<Map<String, Object>> {

    @Override
    public ResumableIterator<Map<String, Object>> iterator(long epoch) {
      return new ResumableRows(source.iterator(epoch), preparation, policy, 0);
    }

    @Override
    @SuppressWarnings("unchecked") // The keys of a JSON object are texts.
    public ResumableIterator<Map<String, Object>> resume(long epoch, Map<String, Object> state) {
      if (!(state.get(STREAM) instanceof Map<?, ?> stream)
          || !(state.get(ROWS) instanceof Number rows)) {
        throw new IllegalArgumentException(
            "the state is " + state + ", expected '" + ROWS + "' and '" + STREAM + "'");
      }
      return new ResumableRows(
          source.resume(epoch, (Map<String, Object>) stream),
          preparation,
          policy,
          rows.longValue());
    }
  }

  private static final class ResumableRows extends StreamedRows
      implements ResumableIterator<Map<String, Object>> {

    private final ResumableIterator<? extends Map<String, ?>> stream;
    private @Nullable Map<String, Object> behindLast;

    private ResumableRows(
        ResumableIterator<? extends Map<String, ?>> stream,
        RowPreparation preparation,
        InvalidRows policy,
        long rows) {
      super(stream, preparation, policy, rows);
      this.stream = stream;
    }

    @Override
    public boolean hasNext() {
      if (behindLast == null) {
        behindLast = here(); // before rows are read that are left out
      }
      return super.hasNext();
    }

    @Override
    public Map<String, Object> next() {
      Map<String, Object> sample = super.next();
      behindLast = null;
      return sample;
    }

    @Override
    public Map<String, Object> state() {
      return behindLast == null ? here() : behindLast;
    }

    private Map<String, Object> here() {
      Map<String, Object> state = new LinkedHashMap<>();
      state.put(ROWS, super.rows);
      state.put(STREAM, stream.state());
      return state;
    }
  }
}
