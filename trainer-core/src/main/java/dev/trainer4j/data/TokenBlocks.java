// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Blocks of equally many ids, the samples of a causal language model. */
final class TokenBlocks {

  private TokenBlocks() {}

  static Map<String, Object> sample(int[] ids) {
    Map<String, Object> sample = new LinkedHashMap<>();
    sample.put("input_ids", ids);
    sample.put("labels", ids);
    return sample;
  }

  static Dataset<Map<String, Object>> group(Iterable<int[]> texts, int blockSize) {
    requireSize(blockSize);
    List<int[]> blocks = new ArrayList<>();
    int[] block = new int[blockSize];
    int filled = 0;
    for (int[] text : texts) {
      for (int at = 0; at < text.length; ) {
        int count = Math.min(blockSize - filled, text.length - at);
        System.arraycopy(text, at, block, filled, count);
        at += count;
        filled += count;
        if (filled == blockSize) {
          blocks.add(block);
          block = new int[blockSize];
          filled = 0;
        }
      }
    }
    if (blocks.isEmpty()) {
      throw new IllegalArgumentException(
          "the texts have " + filled + " tokens, fewer than a block of " + blockSize + ".");
    }
    return Datasets.of(blocks).map(TokenBlocks::sample);
  }

  static void requireSize(int blockSize) {
    if (blockSize < 1) {
      throw new IllegalArgumentException("blockSize is " + blockSize + ": give at least 1.");
    }
  }
}
