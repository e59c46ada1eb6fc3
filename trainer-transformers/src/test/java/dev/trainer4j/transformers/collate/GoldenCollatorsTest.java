// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.collate;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.Tokenizers;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares with the batches of transformers 5.18's collators, padding right and left. */
class GoldenCollatorsTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @ParameterizedTest
  @ValueSource(
      strings = {"padding", "token", "seq2seq", "choice", "causal", "flattening", "flattening-all"})
  void makesTheBatchesOfPython(String name) throws IOException {
    int compared = 0;
    try (InputStream in = getClass().getResourceAsStream("golden.json");
        NDManager manager = NDManager.newBaseManager("PyTorch")) {
      for (JsonNode golden : JSON.readTree(in)) {
        if (golden.get("collator").textValue().equals(name)) {
          compare(golden, manager);
          compared++;
        }
      }
    }
    assertThat(compared).isGreaterThan(1);
  }

  private static void compare(JsonNode golden, NDManager manager) {
    try (PretrainedTokenizer tokenizer = Tokenizers.load(golden.get("tokenizer").textValue())) {
      List<Map<String, ?>> samples =
          new ArrayList<>(
              JSON.<List<Map<String, Object>>>convertValue(
                  golden.get("samples"), new TypeReference<>() {}));
      ModelInputs batch = collator(golden, tokenizer).collate(samples, manager);
      JsonNode expected = golden.get("batch");
      TreeSet<String> names = new TreeSet<>();
      expected.fieldNames().forEachRemaining(names::add);
      assertThat(new TreeSet<>(batch.names())).isEqualTo(names);
      for (String name : names) {
        NDArray array = batch.get(name);
        JsonNode values = expected.get(name);
        List<Long> shape = new ArrayList<>();
        for (JsonNode level = values; level.isArray(); level = level.get(0)) {
          shape.add((long) level.size());
        }
        assertThat(array.getShape().getShape())
            .as("%s of %s", name, golden)
            .isEqualTo(shape.stream().mapToLong(i -> i).toArray());
        assertThat(array.toType(DataType.INT64, true).toLongArray())
            .as("%s of %s", name, golden)
            .isEqualTo(flat(values, new ArrayList<>()).stream().mapToLong(i -> i).toArray());
      }
    }
  }

  private static DataCollator<Map<String, ?>> collator(
      JsonNode golden, PretrainedTokenizer tokenizer) {
    PaddingOptions options =
        PaddingOptions.longest().padToMultipleOf(golden.get("multiple").intValue());
    return switch (golden.get("collator").textValue()) {
      case "padding" -> new DataCollatorWithPadding(tokenizer, options);
      case "token" -> new DataCollatorForTokenClassification(tokenizer, options, -100);
      case "seq2seq" -> new DataCollatorForSeq2Seq(tokenizer, options, -100, null);
      case "choice" -> new DataCollatorForMultipleChoice(tokenizer, options);
      case "causal" ->
          DataCollatorForLanguageModeling.builder(tokenizer).mlm(false).padding(options).build();
      case "flattening" -> new DataCollatorWithFlattening();
      default ->
          DataCollatorWithFlattening.builder()
              .returnFlashAttnKwargs(true)
              .returnSeqIdx(true)
              .separatorId(-7)
              .positionIdsStart(2)
              .build();
    };
  }

  private static List<Long> flat(JsonNode node, List<Long> into) {
    if (node.isArray()) {
      node.forEach(part -> flat(part, into));
    } else {
      into.add(node.longValue());
    }
    return into;
  }
}
