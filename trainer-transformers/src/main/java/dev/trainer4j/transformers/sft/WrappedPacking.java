// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import java.util.ArrayList;
import java.util.List;

/**
 * All rows one behind the other, cut at each block.
 *
 * @param blockLength the tokens of a block, but the last one, which may be shorter
 */
record WrappedPacking(int blockLength) implements Packing {

  @Override
  public List<List<Piece>> pack(long first, int[] lengths) {
    List<List<Piece>> blocks = new ArrayList<>();
    int room = 0;
    for (int i = 0; i < lengths.length; i++) {
      for (int from = 0, to; from < lengths[i]; from = to) {
        if (room == 0) {
          blocks.add(new ArrayList<>());
          room = blockLength;
        }
        to = lengths[i] - from <= room ? lengths[i] : from + room;
        blocks.get(blocks.size() - 1).add(new Piece(first + i, from, to));
        room -= to - from;
      }
    }
    return blocks;
  }
}
