// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Prepared rows against those of TRL: the same tokens, labels and documents, in the same order. */
@Tag("parity")
class PreparationParityTest {

  /** What says how rows are prepared. */
  private static final List<String> READ =
      List.of(
          "max_length",
          "packing",
          "packing_strategy",
          "completion_only_loss",
          "assistant_only_loss",
          "dataset_text_field",
          "truncation_mode",
          "eos_token",
          "pad_token");

  @TempDir Path cache;

  static List<String> cases() {
    return SftFigures.cases();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void preparedRowsAreThoseOfTrl(String name) throws IOException {
    JsonNode run = SftFigures.run(name);
    Map<String, Object> values = new LinkedHashMap<>();
    for (String key : READ) {
      JsonNode value = run.get("args").get(key);
      if (value != null) {
        values.put(key, value.isTextual() ? value.asText() : value.isInt() ? value.asInt() : value.asBoolean());
      }
    }
    Path source = SftFigures.folder().resolve(run.get("source").asText() + ".jsonl");
    values.put("dataset_cache_dir", cache.toString());
    SftArguments args = SftArguments.fromMap(values);
    try (PretrainedTokenizer model =
            PretrainedTokenizer.load(SftFigures.folder().resolve("model"));
        SftTokenizer tokenizer = SftTokenizer.of(model, args)) {
      SftPreparation preparation = new SftPreparation(tokenizer.tokenizer(), args, null);
      for (int i = 0; i < 2; i++) { // The second time from the cache.
        assertSame(
            preparation.prepare(Datasets.jsonLines(source), "train", args.packing()),
            run.get("prepared"));
      }
    }
  }

  private static void assertSame(Dataset<Map<String, Object>> rows, JsonNode expected) {
    assertThat(rows.size()).isEqualTo(expected.size());
    for (int i = 0; i < expected.size(); i++) {
      Map<String, Object> row = rows.get(i);
      for (String column : List.of("input_ids", "labels", "seq_lengths")) {
        JsonNode wanted = expected.get(i).get(column);
        if (wanted != null) {
          int[] numbers =
              StreamSupport.stream(wanted.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
          assertThat((int[]) row.get(column)).as("%s of row %d", column, i).isEqualTo(numbers);
        }
      }
    }
  }
}
