// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One file of pieces, open for reading, whose layout and tensors agree.
 *
 * @param path of the file
 * @param tensors its tensors; those of pieces are vectors
 * @param ranges by name, exactly those of the tensors
 */
record PieceFile(Path path, SafetensorsFile tensors, Map<String, PieceLayout.Range> ranges) {

  /**
   * Opens a file.
   *
   * @param part which its name says it is, from 1
   * @param of how many there are; a single one may be a usual file, whose tensors are whole
   */
  static PieceFile open(Path path, int part, int of) throws IOException {
    SafetensorsFile file = SafetensorsFile.open(path);
    try {
      String json = file.metadata().get(PieceLayout.KEY);
      if (json == null && of == 1) {
        return new PieceFile(path, file, whole(file));
      }
      if (json == null) {
        throw new SafetensorsException(path, "does not say which pieces it holds");
      }
      PieceLayout layout = PieceLayout.parse(path, json);
      if (layout.part() != part || layout.of() != of) {
        throw new SafetensorsException(
            path,
            "is part %d of %d by its content: was it renamed?"
                .formatted(layout.part(), layout.of()));
      }
      requireAgreement(path, file, layout);
      return new PieceFile(path, file, layout.ranges());
    } catch (Throwable e) {
      file.close();
      throw e;
    }
  }

  private static Map<String, PieceLayout.Range> whole(SafetensorsFile file)
      throws SafetensorsException {
    Map<String, PieceLayout.Range> ranges = new LinkedHashMap<>();
    for (String name : file.names()) {
      Shape shape = file.info(name).shape();
      ranges.put(name, new PieceLayout.Range(shape, 0, shape.size()));
    }
    return ranges;
  }

  private static void requireAgreement(Path path, SafetensorsFile file, PieceLayout layout)
      throws SafetensorsException {
    for (Map.Entry<String, PieceLayout.Range> range : layout.ranges().entrySet()) {
      TensorInfo info = file.info(range.getKey());
      if (!info.shape().equals(new Shape(range.getValue().length()))) {
        throw SafetensorsException.of(
            path,
            range.getKey(),
            "has shape %s, its metadata says elements %d to %d"
                .formatted(info.shape(), range.getValue().start(), range.getValue().end()));
      }
    }
    for (String name : file.names()) {
      if (!layout.ranges().containsKey(name)) {
        throw SafetensorsException.of(path, name, "is not in its metadata pieces");
      }
    }
  }
}
