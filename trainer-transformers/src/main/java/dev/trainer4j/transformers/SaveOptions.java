// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import dev.trainer4j.checkpoint.ModelTensorsWriter;
import org.jspecify.annotations.Nullable;

/**
 * How a model is saved; immutable, each method returns a changed copy.
 *
 * @param dtype the type of the weights in the file; null for that in memory
 * @param maxShardSize bytes of tensors in one file, at least 1; a larger model is written as shards
 *     with an index
 */
public record SaveOptions(@Nullable Dtype dtype, long maxShardSize) {

  /**
   * Checks the size.
   *
   * @throws IllegalArgumentException if {@code maxShardSize} is below 1
   */
  public SaveOptions {
    if (maxShardSize < 1) {
      throw new IllegalArgumentException(
          "maxShardSize is " + maxShardSize + ", must be 1 byte or more");
    }
  }

  /** The type in memory, in files of 50 GB at most. */
  public static SaveOptions defaults() {
    return new SaveOptions(null, ModelTensorsWriter.DEFAULT_MAX_SHARD_SIZE);
  }

  /** Sets the type of the weights in the file; they are rounded to nearest, ties to even. */
  public SaveOptions withDtype(Dtype value) {
    return new SaveOptions(value, maxShardSize);
  }

  /** Sets the bytes of tensors in one file. */
  public SaveOptions withMaxShardSize(long value) {
    return new SaveOptions(dtype, value);
  }
}
