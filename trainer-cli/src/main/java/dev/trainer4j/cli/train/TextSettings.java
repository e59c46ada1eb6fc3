// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import dev.trainer4j.cli.UsageException;
import dev.trainer4j.transformers.collate.PaddingOptions;
import dev.trainer4j.transformers.tokenization.EncodeOptions;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;

/**
 * How texts become tokens.
 *
 * @param tokenizer makes them
 * @param modelLimit the most tokens that the model takes
 * @param args the lengths that were asked for
 */
record TextSettings(PretrainedTokenizer tokenizer, int modelLimit, TextArguments args) {

  /** The most tokens of a sample: what was asked for or else usual, no more than the model takes. */
  int maxLength(int usual) {
    Integer asked = args.maxSeqLength();
    if (asked != null && asked > modelLimit) {
      throw new UsageException(
          "max_seq_length is " + asked + ", but the model takes " + modelLimit + " tokens at most");
    }
    return Math.min(asked == null ? usual : asked, modelLimit);
  }

  EncodeOptions truncated(int usual) {
    return EncodeOptions.truncated(maxLength(usual));
  }

  PaddingOptions padding(int usual) {
    return args.padToMaxLength()
        ? PaddingOptions.toMaxLength(maxLength(usual))
        : PaddingOptions.longest();
  }
}
