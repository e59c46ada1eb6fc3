// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What a rank calls; ranks that call something else do not fit together.
 *
 * @param root of a broadcast; else -1
 * @param type null for bytes, of which ranks may have unequally many
 */
record Collective(String name, int root, @Nullable DataType type, @Nullable Shape shape) {

  static Collective of(String name, int root, NDArray array) {
    return new Collective(name, root, array.getDataType(), array.getShape());
  }

  static Collective ofBytes(String name) {
    return new Collective(name, -1, null, null);
  }

  /** A number that is the same in all processes for the same, and hardly so for another. */
  long fingerprint() {
    long print = name.hashCode() * 31L + root;
    if (type != null && shape != null) {
      print = (print * 0x9E3779B97F4A7C15L + type.name().hashCode()) * 31;
      for (long dimension : shape.getShape()) {
        print = (print ^ dimension) * 0xBF58476D1CE4E5B9L + shape.dimension();
      }
    }
    return print ^ (print >>> 29);
  }

  @Override
  public String toString() {
    String what = root < 0 ? name : name + " from rank " + root;
    return type == null || shape == null
        ? what
        : what + " of " + type + " " + Arrays.toString(shape.getShape());
  }
}
