// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Which tensor of a model lies in which file: {@code model.safetensors.index.json}, and the like of other formats.
 *
 * @param totalSize the bytes of all tensors, where the file says so
 * @param weightMap file name by tensor name
 */
record ShardIndex(OptionalLong totalSize, Map<String, String> weightMap) {
  static final String FILE_NAME = "model.safetensors.index.json";

  /** A million long names; a longer index is not one. */
  private static final long MAX_LENGTH = 100_000_000;

  /** A bare name by its letters: no way up, no root, no separator, no drive, no hidden file. */
  private static final Pattern SHARD_NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,212}");

  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                  .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  ShardIndex {
    weightMap = Collections.unmodifiableMap(new LinkedHashMap<>(weightMap));
  }

  /** As Python writes it: sorted, indented by two, with a final newline. */
  byte[] toJson() {
    ObjectNode root = JSON.createObjectNode();
    ObjectNode metadata = root.putObject("metadata");
    totalSize.ifPresent(size -> metadata.put("total_size", size));
    ObjectNode map = root.putObject("weight_map");
    new TreeMap<>(weightMap).forEach(map::put);
    return (root.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Reads an index.
   *
   * @param ending of the names of the files that it may name
   */
  static ShardIndex read(Path file, String ending) throws IOException {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new SafetensorsException(file, "is not a regular file");
    }
    if (Files.size(file) > MAX_LENGTH) {
      throw new SafetensorsException(file, "is absurdly long");
    }
    return parse(file, Files.readAllBytes(file), ending);
  }

  static ShardIndex parse(Path file, byte[] json, String ending) throws SafetensorsException {
    JsonNode root;
    try {
      root = JSON.readTree(json);
    } catch (IOException e) {
      String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      throw new SafetensorsException(file, "is not valid JSON: " + reason, e);
    }
    JsonNode map = root.path("weight_map");
    if (!map.isObject() || map.isEmpty()) {
      throw new SafetensorsException(file, "has no weight_map");
    }
    Map<String, String> weightMap = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : map.properties()) {
      String shard = entry.getValue().isTextual() ? entry.getValue().textValue() : "";
      if (!SHARD_NAME.matcher(shard).matches() || !shard.endsWith(ending)) {
        throw SafetensorsException.of(
            file,
            entry.getKey(),
            Quoted.of(entry.getValue().asText())
                + " is not the name of a "
                + ending.substring(1)
                + " file beside");
      }
      weightMap.put(entry.getKey(), shard);
    }
    return new ShardIndex(totalSize(file, root.path("metadata").path("total_size")), weightMap);
  }

  /** Some writers of old put a float, such as 2.6e10. */
  private static OptionalLong totalSize(Path file, JsonNode size) throws SafetensorsException {
    if (size.isMissingNode() || size.isNull()) {
      return OptionalLong.empty();
    }
    double value = size.isNumber() ? size.doubleValue() : -1;
    if (!(value >= 0 && value < 0x1p62)) {
      throw new SafetensorsException(file, "total_size is not a number of bytes");
    }
    return OptionalLong.of(size.longValue());
  }
}
