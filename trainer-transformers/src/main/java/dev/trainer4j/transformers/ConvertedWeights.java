// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import dev.trainer4j.checkpoint.TensorFile;
import dev.trainer4j.checkpoint.TensorSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * What {@link FolderConverter} has read and written.
 *
 * @param source the file, or the index, that was read
 * @param tensors how many tensors were written
 * @param shared how many were left out, since the first of those that share their memory stands for them
 * @param bytesBefore what the tensors that were read take
 * @param bytesAfter what those that were written take
 */
public record ConvertedWeights(
    Path source, int tensors, int shared, long bytesBefore, long bytesAfter) {

  static ConvertedWeights of(Path source, TensorFile read, List<TensorSource> written)
      throws IOException {
    long before = 0;
    for (String name : read.names()) {
      before += read.info(name).byteLength();
    }
    return new ConvertedWeights(
        source,
        written.size(),
        read.names().size() - written.size(),
        before,
        written.stream().mapToLong(TensorSource::byteLength).sum());
  }
}
