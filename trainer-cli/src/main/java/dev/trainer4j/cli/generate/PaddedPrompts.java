// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.generate;

import dev.trainer4j.transformers.generation.GenerationConfig;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Prompts of several lengths as a batch: filled up on the left for a model that writes on, on the right for an encoder. */
final class PaddedPrompts {

  private final long[][] inputIds;
  private final long @Nullable [][] attentionMask;

  private PaddedPrompts(long[][] inputIds, long @Nullable [][] attentionMask) {
    this.inputIds = inputIds;
    this.attentionMask = attentionMask;
  }

  static PaddedPrompts of(List<long[]> prompts, Writer writer, GenerationConfig settings) {
    int longest = prompts.stream().mapToInt(prompt -> prompt.length).max().orElse(1);
    boolean left = !writer.model().isEncoderDecoder();
    Integer pad = settings.padTokenId();
    // What is hidden by the mask may be any token.
    long filler = pad != null ? pad : 0;
    long[][] ids = new long[prompts.size()][longest];
    long[][] mask = new long[prompts.size()][longest];
    boolean padded = false;
    for (int i = 0; i < ids.length; i++) {
      long[] prompt = prompts.get(i);
      int from = left ? longest - prompt.length : 0;
      Arrays.fill(ids[i], filler);
      System.arraycopy(prompt, 0, ids[i], from, prompt.length);
      Arrays.fill(mask[i], from, from + prompt.length, 1);
      padded |= prompt.length < longest;
    }
    return new PaddedPrompts(ids, padded ? mask : null);
  }

  long[][] inputIds() {
    return inputIds;
  }

  long @Nullable [][] attentionMask() {
    return attentionMask;
  }
}
