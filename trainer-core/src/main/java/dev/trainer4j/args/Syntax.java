// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The two notations of an argument file. */
enum Syntax {
  JSON(new JsonFactory()),
  YAML(YAMLFactory.builder().disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER).build());

  @SuppressWarnings(
      "ImmutableEnumChecker") // Configured once, here; Jackson's factories are then safe to share.
  private final JsonFactory factory;

  Syntax(JsonFactory factory) {
    this.factory = factory;
  }

  /** The notation that the name of a file tells: JSON if it ends so, else YAML. */
  static Syntax of(Path file) {
    return file.toString().toLowerCase(Locale.ROOT).endsWith(".json") ? JSON : YAML;
  }

  /** Reads one mapping of plain values. */
  Map<String, @Nullable Object> parse(String text) throws SyntaxProblem {
    try (JsonParser parser = factory.createParser(text)) {
      return new PlainValues(parser).readDocument();
    } catch (JsonProcessingException e) {
      JsonLocation where = e.getLocation();
      String place =
          where == null
              ? ""
              : "; it breaks at line " + where.getLineNr() + ", column " + where.getColumnNr();
      throw new SyntaxProblem("valid " + this + place, "");
    } catch (IOException | RuntimeException e) {
      // What SnakeYAML throws beyond Jackson's wrapping, such as its own limits.
      throw new SyntaxProblem("valid " + this, "");
    }
  }

  String write(Map<String, @Nullable Object> values) {
    try {
      DefaultIndenter twoSpaces = new DefaultIndenter("  ", "\n");
      DefaultPrettyPrinter printer =
          new DefaultPrettyPrinter(
              Separators.createDefaultInstance()
                  .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
                  .withObjectEmptySeparator("")
                  .withArrayEmptySeparator(""));
      printer.indentObjectsWith(twoSpaces);
      return new ObjectMapper(factory)
          .writer(this == JSON ? printer : null)
          .writeValueAsString(values);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
