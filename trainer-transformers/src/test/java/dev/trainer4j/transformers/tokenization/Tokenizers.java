// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Objects;

/** Small tokenizers among the test resources, with what Python's transformers makes of texts. */
public final class Tokenizers {

  private Tokenizers() {}

  /** The folder of a tokenizer: wordpiece, bytebpe, unigram, roberta or legacy. */
  public static Path folder(String name) {
    try {
      return Path.of(
              Objects.requireNonNull(Tokenizers.class.getResource(name + "/tokenizer.json"))
                  .toURI())
          .getParent();
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  public static PretrainedTokenizer load(String name) {
    return PretrainedTokenizer.load(folder(name));
  }

  static JsonNode golden(String name) throws IOException {
    try (InputStream in = Tokenizers.class.getResourceAsStream(name + "/golden.json")) {
      return new ObjectMapper().readTree(in);
    }
  }
}
