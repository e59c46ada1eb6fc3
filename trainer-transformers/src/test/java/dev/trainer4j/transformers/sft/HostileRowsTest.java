// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.data.DataException;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows of anything: they are prepared, or refused by our exceptions with the row's number. */
class HostileRowsTest {

  private static final String[] COLUMNS = {
    "text",
    "prompt",
    "completion",
    "messages",
    "conversations",
    "input_ids",
    "labels",
    "completion_mask",
    "assistant_masks",
    "tools",
    "chat_template_kwargs"
  };

  private static final String[] KEYS = {
    "role",
    "content",
    "from",
    "value",
    "tool_calls",
    "function",
    "name",
    "type",
    "text",
    "chat_template",
    "documents",
    "x"
  };

  private static final String[] TEXTS = {
    "user",
    "assistant",
    "system",
    "gpt",
    "",
    "</s>",
    "\uD83D",
    "{{ 1/0 }}",
    "{% for",
    "[1]",
    "[",
    "\0"
  };

  private final Random random = new Random(11);

  private @Nullable Object value(int depth) {
    return switch (random.nextInt(depth > 3 ? 6 : 12)) {
      case 0 -> null;
      case 1 -> random.nextInt(9) - 2;
      case 2 -> random.nextDouble();
      case 3 -> random.nextBoolean();
      case 4, 5 -> TEXTS[random.nextInt(TEXTS.length)];
      case 6 -> new int[] {random.nextInt(300), random.nextInt(300)};
      case 7 -> new Object();
      case 8 -> messages();
      case 9 -> object(depth);
      default -> list(depth);
    };
  }

  private List<Object> list(int depth) {
    List<Object> list = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      list.add(value(depth + 1));
    }
    return list;
  }

  private Map<Object, Object> object(int depth) {
    Map<Object, Object> object = new HashMap<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      Object key = random.nextInt(20) == 0 ? value(9) : KEYS[random.nextInt(KEYS.length)];
      object.put(key, value(depth + 1));
    }
    return object;
  }

  private List<Object> messages() {
    List<Object> messages = new ArrayList<>();
    for (int i = random.nextInt(3); i >= 0; i--) {
      Map<Object, Object> message = object(3);
      message.put("role", TEXTS[random.nextInt(4)]);
      message.putIfAbsent("content", "Hi");
      messages.add(message);
    }
    return messages;
  }

  private Map<String, Object> row() {
    Map<String, Object> row = new HashMap<>();
    for (int i = random.nextInt(4); i >= 0; i--) {
      String column = COLUMNS[random.nextInt(COLUMNS.length)];
      boolean talk = List.of("messages", "conversations", "prompt", "completion").contains(column);
      row.put(column, talk && random.nextInt(3) > 0 ? messages() : value(0));
    }
    return row;
  }

  @Test
  void anyRowIsPreparedOrRefusedByOurExceptions(@TempDir Path cache) {
    int prepared = 0;
    int refused = 0;
    try (PretrainedTokenizer tokenizer = SftFigures.tokenizer()) {
      for (int i = 0; i < 3000; i++) {
        SftArguments.Builder args =
            SftArguments.builder()
                .datasetNumProc(1)
                .assistantOnlyLoss(random.nextInt(4) == 0)
                .packing(random.nextInt(4) == 0)
                .invalidRows(random.nextBoolean() ? InvalidRows.ERROR : InvalidRows.SKIP);
        if (random.nextInt(10) == 0) {
          args.datasetCacheDir(cache);
        }
        Dataset<Map<String, Object>> rows = Datasets.of(List.of(row(), row()));
        SftArguments built = args.build();
        try {
          Dataset<Map<String, Object>> result =
              new SftPreparation(tokenizer, built, null).prepare(rows, "train", built.packing());
          for (long j = 0; j < result.size(); j++) {
            assertThat(TokenRow.labels(result.get(j))).hasSameSizeAs(TokenRow.ids(result.get(j)));
          }
          prepared++;
        } catch (DataException | IllegalArgumentException e) {
          assertThat(e).hasMessageContaining("train dataset");
          refused++;
        }
      }
    }
    assertThat(prepared).isGreaterThan(200);
    assertThat(refused).isGreaterThan(200);
  }

  @Test
  void aRowThatContainsItselfIsRefused(@TempDir Path cache) {
    Map<String, Object> message = new HashMap<>(Map.of("role", "user"));
    message.put("content", new ArrayList<>(List.of(message)));
    List<Map<String, Object>> rows = List.of(Map.of("messages", List.of(message)));
    try (PretrainedTokenizer tokenizer = SftFigures.tokenizer()) {
      for (Path folder : Arrays.asList(null, cache)) {
        SftArguments args = SftArguments.builder().datasetCacheDir(folder).build();
        org.assertj.core.api.Assertions.assertThatThrownBy(
                () ->
                    new SftPreparation(tokenizer, args, null)
                        .prepare(Datasets.of(rows), "train", false))
            .isInstanceOf(DataException.class)
            .hasMessageContaining("sample 0");
      }
    }
  }
}
