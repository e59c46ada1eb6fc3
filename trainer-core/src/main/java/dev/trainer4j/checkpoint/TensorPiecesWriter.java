// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes tensors that no process holds whole: each rank its pieces, into a file of its own.
 *
 * <p>Ranks need not know of each other's pieces. Once all have written, the one that commits the
 * checkpoint calls {@link TensorPieces#check}, so that no checkpoint lacks a piece; {@link
 * CheckpointStore} puts every file of the folder into the manifest.
 */
public final class TensorPiecesWriter {

  private TensorPiecesWriter() {}

  /**
   * Writes the file of a rank: {@code <stem>-00001-of-0000N.safetensors}. In a world of one the tensors
   * are whole, and the file is the usual {@code <stem>.safetensors}.
   *
   * <p>A rank that holds no pieces writes a file, too: a file that is missing is an error to readers.
   *
   * @param folder must exist
   * @param stem what the names of the files begin with, such as {@code optimizer}
   * @param rank of this process, from 0; file numbers begin at 1
   * @param worldSize how many ranks write, 1 or more
   * @param pieces at most one of each tensor; together, all ranks' pieces cover every tensor once
   * @throws IllegalArgumentException if the rank is not of the world, if two pieces are of one tensor,
   *     or if in a world of one a tensor is not whole
   * @throws SafetensorsException if a piece does not write what it announced
   * @throws IOException if the file cannot be written
   */
  public static void write(
      Path folder, String stem, int rank, int worldSize, List<TensorPiece> pieces)
      throws IOException {
    if (rank < 0 || rank >= worldSize) {
      throw new IllegalArgumentException("rank is " + rank + " in a world of " + worldSize);
    }
    List<TensorSource> tensors = new ArrayList<>();
    for (TensorPiece piece : pieces) {
      if (worldSize == 1 && !piece.isWhole()) {
        throw new IllegalArgumentException(
            "Tensor %s: elements %d to %d of shape %s are all that a world of one has"
                .formatted(piece.name(), piece.start(), piece.end(), piece.shape()));
      }
      Shape shape = worldSize == 1 ? piece.shape() : new Shape(piece.end() - piece.start());
      tensors.add(new TensorSource(piece.name(), piece.type(), shape, piece.content()));
    }
    Map<String, String> metadata = new TreeMap<>(SafetensorsWriter.PYTORCH);
    if (worldSize > 1) {
      metadata.put(PieceLayout.KEY, PieceLayout.of(rank + 1, worldSize, pieces).toJson());
    }
    Path file = folder.resolve(PieceName.of(stem, rank + 1, worldSize));
    SafetensorsWriter.write(file, tensors, metadata);
  }
}
