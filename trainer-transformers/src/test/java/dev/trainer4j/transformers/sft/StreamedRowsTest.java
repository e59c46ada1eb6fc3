// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.data.DataException;
import dev.trainer4j.data.IterableDataset;
import dev.trainer4j.data.ResumableDataset;
import dev.trainer4j.data.ResumableIterator;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A stream of texts that are prepared while it is read. */
class StreamedRowsTest {

  private final PretrainedTokenizer tokenizer = SftFigures.tokenizer();

  @AfterEach
  void close() {
    tokenizer.close();
  }

  /** Texts of numbers; every third one has none. */
  private record Numbers(int count) implements ResumableDataset<Map<String, Object>> {

    @Override
    public ResumableIterator<Map<String, Object>> iterator(long epoch) {
      return from(0);
    }

    @Override
    public ResumableIterator<Map<String, Object>> resume(long epoch, Map<String, Object> state) {
      return from((int) state.get("at"));
    }

    private ResumableIterator<Map<String, Object>> from(int first) {
      return new ResumableIterator<>() {
        private int at = first;

        @Override
        public boolean hasNext() {
          return at < count;
        }

        @Override
        public Map<String, Object> next() {
          if (at >= count) {
            throw new NoSuchElementException();
          }
          int row = at++;
          return row % 3 == 2 ? Map.of("text", row) : Map.of("text", "Row " + row + ".");
        }

        @Override
        public Map<String, Object> state() {
          return Map.of("at", at);
        }
      };
    }
  }

  private IterableDataset<Map<String, Object>> stream(InvalidRows policy, int count) {
    SftArguments args = SftArguments.builder().invalidRows(policy).build();
    return new SftPreparation(tokenizer, args, null).stream(new Numbers(count), "train");
  }

  private List<String> texts(Iterator<Map<String, Object>> rows) {
    List<String> texts = new ArrayList<>();
    rows.forEachRemaining(row -> texts.add(tokenizer.decode(TokenRow.ids(row), false)));
    return texts;
  }

  @Test
  void rowsThatCannotBeTrainedOnAreLeftOut() {
    assertThat(texts(stream(InvalidRows.SKIP, 7).iterator(0)))
        .containsExactly("Row 0.</s>", "Row 1.</s>", "Row 3.</s>", "Row 4.</s>", "Row 6.</s>");
  }

  @Test
  void orAreRefusedWithTheirNumberWhenTheyCome() {
    Iterator<Map<String, Object>> rows = stream(InvalidRows.ERROR, 7).iterator(0);
    rows.next();
    rows.next();
    assertThatThrownBy(rows::next)
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("the train stream, row 2", "text", "invalidRows");
  }

  @Test
  void aStreamGoesOnBehindTheRowThatWasReadLast() {
    ResumableDataset<Map<String, Object>> stream =
        (ResumableDataset<Map<String, Object>>) stream(InvalidRows.SKIP, 40);
    List<String> all = texts(stream.iterator(0));
    for (int read = 0; read <= all.size(); read++) {
      ResumableIterator<Map<String, Object>> rows = stream.iterator(0);
      for (int i = 0; i < read; i++) {
        rows.next();
      }
      assertThat(rows.hasNext()).isEqualTo(read < all.size()); // reads ahead
      assertThat(texts(stream.resume(0, rows.state()))).isEqualTo(all.subList(read, all.size()));
    }
  }
}
