// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.generation;

/**
 * The lengths that hold for one call, prompt included.
 *
 * @param promptLength tokens before the first new one
 * @param minLength no row ends before it has this many tokens
 * @param maxLength a row ends when it has this many
 */
record GenerationLimits(int promptLength, int minLength, int maxLength) {

  static GenerationLimits of(GenerationConfig config, int promptLength) {
    Integer maxNewTokens = config.maxNewTokens();
    int max = maxNewTokens == null ? config.maxLength() : promptLength + maxNewTokens;
    if (max <= promptLength) {
      throw new IllegalArgumentException(
          "maxLength is "
              + max
              + ", and the prompt has "
              + promptLength
              + " tokens already: set maxNewTokens, or a larger maxLength");
    }
    int min =
        Math.max(
            config.minLength(),
            config.minNewTokens() == 0 ? 0 : promptLength + config.minNewTokens());
    if (min > max) {
      throw new IllegalArgumentException(
          "minLength (or minNewTokens) asks for " + min + " tokens, the limit is " + max);
    }
    return new GenerationLimits(promptLength, min, max);
  }
}
