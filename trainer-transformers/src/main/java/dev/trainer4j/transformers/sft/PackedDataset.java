// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import dev.trainer4j.data.Dataset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Blocks of the pieces of rows, put together when they are asked for. A block has {@code input_ids} and {@code
 * labels}, and {@code seq_lengths}: the lengths of its pieces.
 */
final class PackedDataset implements Dataset<Map<String, Object>> {

  static final String SEQ_LENGTHS = "seq_lengths";

  private final Dataset<Map<String, Object>> rows;
  private final List<List<Packing.Piece>> blocks = new ArrayList<>();

  /** Packs a thousand rows after the other. */
  PackedDataset(Dataset<Map<String, Object>> rows, int[] lengths, Packing packing) {
    this.rows = rows;
    for (int first = 0; first < lengths.length; first += Packing.BATCH) {
      int last = Math.min(lengths.length, first + Packing.BATCH);
      blocks.addAll(packing.pack(first, Arrays.copyOfRange(lengths, first, last)));
    }
  }

  @Override
  public long size() {
    return blocks.size();
  }

  @Override
  public Map<String, Object> get(long index) {
    List<Packing.Piece> pieces = blocks.get(Math.toIntExact(index));
    int[] lengths = pieces.stream().mapToInt(Packing.Piece::length).toArray();
    int total = Arrays.stream(lengths).sum();
    int[] ids = new int[total];
    int[] labels = new int[total];
    int at = 0;
    for (Packing.Piece piece : pieces) {
      Map<String, Object> row = rows.get(piece.row());
      System.arraycopy(TokenRow.ids(row), piece.from(), ids, at, piece.length());
      System.arraycopy(TokenRow.labels(row), piece.from(), labels, at, piece.length());
      at += piece.length();
    }
    Map<String, Object> block = new LinkedHashMap<>(new TokenRow(ids, labels, true).toSample());
    block.put(SEQ_LENGTHS, lengths);
    return block;
  }
}
