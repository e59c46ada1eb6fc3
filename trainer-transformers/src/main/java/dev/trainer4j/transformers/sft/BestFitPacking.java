// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Best fit, longest first: each row goes into the fullest block that has room for it (Ding et al. 2024, "Fewer
 * Truncations Improve Language Modeling", arXiv:2404.10830).
 *
 * @param blockLength the most tokens of a block
 * @param split whether a longer row is cut into blocks; else its end is lost
 */
record BestFitPacking(int blockLength, boolean split) implements Packing {

  @Override
  public List<List<Piece>> pack(long first, int[] lengths) {
    List<Piece> pieces = new ArrayList<>();
    for (int i = 0; i < lengths.length; i++) {
      for (int from = 0; from < lengths[i]; from += blockLength) {
        if (from == 0 || split) {
          pieces.add(new Piece(first + i, from, Math.min(lengths[i], from + blockLength)));
        }
      }
    }
    // The sort is stable: of two equally long ones the first comes first.
    pieces.sort(Comparator.comparingInt(Piece::length).reversed());
    List<List<Piece>> blocks = new ArrayList<>();
    TreeMap<Integer, Deque<List<Piece>>> byRoom = new TreeMap<>();
    for (Piece piece : pieces) {
      Map.Entry<Integer, Deque<List<Piece>>> fit = byRoom.ceilingEntry(piece.length());
      int room = fit == null ? blockLength : fit.getKey();
      List<Piece> block = fit == null ? new ArrayList<>() : fit.getValue().remove();
      if (fit == null) {
        blocks.add(block);
      } else if (fit.getValue().isEmpty()) {
        byRoom.remove(room);
      }
      block.add(piece);
      if (room > piece.length()) {
        byRoom.computeIfAbsent(room - piece.length(), key -> new ArrayDeque<>()).add(block);
      }
    }
    return blocks;
  }
}
