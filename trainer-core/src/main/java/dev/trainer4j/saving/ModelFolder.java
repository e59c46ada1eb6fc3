// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.saving;

import dev.trainer4j.checkpoint.CheckpointFiles;
import dev.trainer4j.data.ProcessingClass;
import dev.trainer4j.model.TrainableModel;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What makes a folder one of a model: its tensors, its own files, and those of what made its samples. */
final class ModelFolder {

  private final TrainableModel model;
  private final @Nullable ProcessingClass processing;
  private final long maxShardBytes;

  ModelFolder(TrainableModel model, @Nullable ProcessingClass processing, long maxShardBytes) {
    this.model = model;
    this.processing = processing;
    this.maxShardBytes = maxShardBytes;
  }

  long maxShardBytes() {
    return maxShardBytes;
  }

  void write(Path folder) throws IOException {
    new CheckpointFiles(folder).writeModel(model, maxShardBytes);
    writeProcessing(folder);
  }

  /** Everything but the tensors. */
  void writeExtras(Path folder) throws IOException {
    model.saveExtras(folder);
    writeProcessing(folder);
  }

  private void writeProcessing(Path folder) throws IOException {
    if (processing != null) {
      processing.save(folder);
    }
  }
}
