// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.text;

import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.PeftModel;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Puts an adapter into the weights of its model and saves that as a model of its own, with the adapter's tokenizer.
 *
 * <pre>java ... dev.trainer4j.examples.text.MergeAdapter \
 *   out/instruction-tuning/small out/instruction-tuning/adapter out/instruction-tuning/merged</pre>
 *
 * <p>The arguments are the folder of the model, that of the adapter, and the folder to write.
 */
public final class MergeAdapter {

  private MergeAdapter() {}

  /** Merge. */
  public static void main(String[] args) throws IOException {
    if (args.length != 3) {
      System.err.println("Give the folders of the model and of the adapter, and the one to write.");
      return;
    }
    run(Path.of(args[0]), Path.of(args[1]), Path.of(args[2]));
    System.out.println("transformers opens " + args[2]);
  }

  /** Merge the adapter of one folder into the model of another, and save both together. */
  static void run(Path folder, Path adapter, Path out) throws IOException {
    try (PretrainedModel base = AutoModels.causalLm(folder);
        PretrainedTokenizer tokenizer = PretrainedTokenizer.load(adapter)) {
      PeftModel.load(base, adapter).mergeAndUnload().save(out);
      tokenizer.save(out);
    }
  }
}
