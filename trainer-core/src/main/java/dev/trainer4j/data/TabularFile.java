// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** {@code tabular_features.json}: the components of {@link TabularColumns} by name. */
final class TabularFile {

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  private TabularFile() {}

  static void write(Path file, TabularColumns columns) throws IOException {
    Files.writeString(file, JSON.writeValueAsString(columns) + "\n");
  }

  static TabularColumns read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new NoSuchFileException(
          file.toString(),
          null,
          "a model that was trained with TabularFeatures as processingClass has it; give the folder of"
              + " such a checkpoint");
    }
    try {
      TabularColumns columns = JSON.readValue(file.toFile(), TabularColumns.class);
      if (columns == null
          || columns.scales() == null
          || columns.oneHot() == null
          || columns.categorical() == null
          || columns.labels() == null
          || columns.scales().containsValue(null)
          || columns.oneHot().containsValue(null)
          || columns.categorical().containsValue(null)) {
        throw new DataException(file + " lacks scales, oneHot, categorical or labels");
      }
      return columns;
    } catch (JsonProcessingException e) {
      throw new DataException(
          file + " is not what TabularFeatures wrote: " + e.getOriginalMessage(), e);
    }
  }
}
