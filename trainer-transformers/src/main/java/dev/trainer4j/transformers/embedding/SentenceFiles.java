// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.embedding;

import dev.trainer4j.data.ProcessingClass;
import dev.trainer4j.transformers.predict.SentenceModules;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.IOException;
import java.nio.file.Path;

/**
 * What a model of embeddings is of no use without: its tokenizer, and how hidden states become a vector.
 *
 * @param width of a vector
 */
record SentenceFiles(PretrainedTokenizer tokenizer, SentenceModules modules, int width)
    implements ProcessingClass {

  @Override
  public void save(Path folder) throws IOException {
    tokenizer.save(folder);
    modules.write(folder, width);
  }
}
