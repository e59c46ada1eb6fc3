// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.trainer4j.state.LogEntry;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One JSON object a line. What is no number in JSON is a string, such as {@code "NaN"}. */
final class JsonLinesFormat implements LogFormat {

  private static final JsonMapper MAPPER = new JsonMapper();

  @Override
  public String whole(List<LogEntry> entries, String firstLine) {
    StringBuilder text = new StringBuilder();
    entries.forEach(entry -> text.append(line(entry)).append('\n'));
    return text.toString();
  }

  @Override
  public String line(LogEntry entry) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("step", entry.step());
    RecordOrder.of(entry).forEach(fields::putIfAbsent);
    try {
      return MAPPER.writeValueAsString(fields);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("numbers by name are always JSON", e);
    }
  }
}
