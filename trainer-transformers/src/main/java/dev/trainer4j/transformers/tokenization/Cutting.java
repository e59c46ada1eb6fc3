// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How long a tokenizer's texts may be: cuts those that options say to cut, and tells once of one that is too long for the model. */
final class Cutting {

  /** The tokenizer's own, which is the class that programs know. */
  private static final Logger LOGGER = LoggerFactory.getLogger(PretrainedTokenizer.class);

  private final AtomicBoolean warned = new AtomicBoolean();
  private final int modelMaxLength;
  private final Side truncationSide;

  Cutting(int modelMaxLength, Side truncationSide) {
    this.modelMaxLength = modelMaxLength;
    this.truncationSide = truncationSide;
  }

  /** The whole, or what is left of it; the rest is lost. */
  TokenizedText cut(TokenizedText whole, EncodeOptions options) {
    if (options.truncation() != TruncationStrategy.DO_NOT_TRUNCATE) {
      return windows(whole, options).first();
    }
    warn(whole.length(), options);
    return whole;
  }

  /** Tells once of an uncut text that is too long for the model. */
  void warn(int length, EncodeOptions options) {
    if (options.verbose() && length > modelMaxLength && warned.compareAndSet(false, true)) {
      LOGGER.warn(
          "A text has {} tokens, more than the {} (model_max_length) that the model takes: cut it with"
              + " EncodeOptions.truncated, or say verbose(false) if you cut it yourself. This is told once.",
          length,
          modelMaxLength);
    }
  }

  /** The whole, or the pieces that it is cut into. */
  List<TokenizedText> pieces(TokenizedText whole, EncodeOptions options) {
    return options.truncation() == TruncationStrategy.DO_NOT_TRUNCATE
        ? List.of(whole)
        : windows(whole, options).all();
  }

  private Windows windows(TokenizedText whole, EncodeOptions options) {
    if (options.maxLength() == 0 && modelMaxLength == Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "truncation is "
              + options.truncation()
              + ", but neither maxLength nor the tokenizer's model_max_length says where to cut: set"
              + " EncodeOptions.maxLength.");
    }
    int limit = options.maxLength() > 0 ? options.maxLength() : modelMaxLength;
    Side side = options.truncationSide();
    return new Windows(whole, options, limit, side == null ? truncationSide : side);
  }
}
