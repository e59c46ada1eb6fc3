// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.inspect;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.trainer4j.json.JsonFile;
import dev.trainer4j.state.TrainerStateJson;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tells the facts of a folder to a program. */
final class InspectJson {

  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private InspectJson() {}

  static String write(Map<String, ?> values) {
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(values);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("plain values can always be written", e);
    }
  }

  static Map<String, @Nullable Object> of(RunFacts run) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("path", run.folder().toString());
    values.put("kind", "run");
    values.put("latest", run.latest().map(found -> found.folder().toString()).orElse(null));
    values.put(
        "checkpoints",
        run.checkpoints().stream()
            .map(
                checkpoint -> {
                  Map<String, @Nullable Object> each = of(checkpoint);
                  each.put("best", run.isBest(checkpoint));
                  return each;
                })
            .toList());
    return values;
  }

  static Map<String, @Nullable Object> of(FolderFacts facts) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("path", facts.folder().toString());
    values.put("kind", facts.kind().name().toLowerCase(Locale.ROOT));
    values.put("whole", facts.isWhole());
    values.put("verdict", facts.verdict());
    values.put("verified_bytes", facts.verified() && facts.verification().isPresent());
    values.put("problems", problems(facts));
    values.put("saved", facts.saved().toString());
    values.put("size", facts.size());
    values.put("files", facts.files());
    values.put("architecture", facts.architecture().orElse(null));
    values.put("adapter", facts.adapter().map(json -> json.map()).orElse(null));
    values.put("quantization", facts.quantizationText().orElse(null));
    values.put("tensors", facts.model().map(InspectJson::tensors).orElse(null));
    values.put("optimizer", facts.optimizer().map(InspectJson::tensors).orElse(null));
    values.put("arguments", facts.arguments().map(ArgumentFacts::values).orElse(null));
    values.put(
        "state",
        facts
            .state()
            .map(state -> JsonFile.parse("the state", TrainerStateJson.write(state)).map())
            .orElse(null));
    return values;
  }

  private static List<String> problems(FolderFacts facts) {
    return facts.problems().isEmpty()
        ? facts.verification().map(found -> found.problems()).orElse(List.of())
        : facts.problems();
  }

  private static Map<String, Object> tensors(TensorFacts facts) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("count", facts.tensors());
    values.put("elements", facts.elements());
    values.put("bytes", facts.bytes());
    values.put("files", facts.files());
    Map<String, Object> types = new LinkedHashMap<>();
    facts
        .byType()
        .forEach(
            (type, of) ->
                types.put(
                    type,
                    Map.of("count", of.tensors(), "elements", of.elements(), "bytes", of.bytes())));
    values.put("types", types);
    return values;
  }
}
