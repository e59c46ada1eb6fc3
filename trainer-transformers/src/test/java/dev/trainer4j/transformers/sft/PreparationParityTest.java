// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Prepared rows against those of TRL: the same tokens, labels and documents, in the same order. */
@Tag("parity")
class PreparationParityTest {

  @TempDir Path cache;

  static List<String> cases() {
    return SftFigures.cases();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void preparedRowsAreThoseOfTrl(String name) throws IOException {
    JsonNode run = SftFigures.run(name);
    Map<String, Object> values = SftFigures.arguments(run);
    Path source = SftFigures.folder().resolve(run.get("source").asText() + ".jsonl");
    values.put("dataset_cache_dir", cache.toString());
    SftArguments args = SftArguments.fromMap(values);
    try (PretrainedTokenizer model =
            PretrainedTokenizer.load(SftFigures.folder().resolve("model"));
        SftTokenizer tokenizer = SftTokenizer.of(model, args)) {
      SftPreparation preparation = new SftPreparation(tokenizer.tokenizer(), args, null);
      for (int i = 0; i < 2; i++) { // The second time from the cache.
        SftFigures.assertSame(
            preparation.prepare(Datasets.jsonLines(source), "train", args.packing()),
            run.get("prepared"));
      }
    }
  }
}
