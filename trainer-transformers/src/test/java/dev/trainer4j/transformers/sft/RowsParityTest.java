// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.IOException;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** All formats of rows, against what TRL prepares of them; {@code figures.py} made the figures. */
class RowsParityTest {

  static Stream<String> cases() throws IOException {
    return SftFigures.read("rows.json").get("cases").properties().stream().map(Map.Entry::getKey);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void rowsArePreparedAsInTrl(String name) throws IOException {
    JsonNode figures = SftFigures.read("rows.json");
    JsonNode figure = figures.get("cases").get(name);
    SftArguments args = SftArguments.fromMap(SftFigures.arguments(figure));
    try (PretrainedTokenizer plain = SftFigures.tokenizer();
        PretrainedTokenizer chat = plain.withChatTemplate(figures.get("chat_template").asText());
        SftTokenizer tokenizer = SftTokenizer.of(chat, args)) {
      SftFigures.assertSame(
          new SftPreparation(tokenizer.tokenizer(), args, null)
              .prepare(Datasets.of(SftFigures.rows(figure.get("rows"))), "train", args.packing()),
          figure.get("prepared"));
    }
  }
}
