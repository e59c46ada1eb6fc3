// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import dev.trainer4j.checkpoint.ModelTensorsWriter;
import dev.trainer4j.checkpoint.ReplacedFile;
import dev.trainer4j.transformers.generation.GenerationConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The files of a model's folder beside its weights, and how all of them are written. */
final class ModelFiles {

  /** The bytes of the file as they were read, or as they were made anew; null if there is none. */
  private volatile byte @Nullable [] generationConfig;

  private final @Nullable Path folder;

  private ModelFiles(@Nullable Path folder, byte @Nullable [] generationConfig) {
    this.folder = folder;
    this.generationConfig = generationConfig;
  }

  /** Returns the folder that the model came from; null if it came from none. */
  @Nullable Path folder() {
    return folder;
  }

  /** Reads those that a folder has, {@code config.json} apart. */
  static ModelFiles read(Path folder) throws IOException {
    Path file = folder.resolve(GenerationConfig.FILE_NAME);
    return new ModelFiles(
        folder, Files.isRegularFile(file) ? PretrainedConfig.readLimited(file) : null);
  }

  /** The files of a model that came from none. */
  static ModelFiles none() {
    return new ModelFiles(null, null);
  }

  /** Returns the text of {@code generation_config.json}; without one, what the configuration says of generation. */
  String generationJson(ModelCore core) {
    byte[] file = generationConfig;
    return file == null
        ? core.config()
            .generationJson(ModelFamilies.of(core.config(), core.task()).specialTokenDefaults())
        : new String(file, StandardCharsets.UTF_8);
  }

  /** Returns the file that {@link #generationJson} comes from, for messages. */
  String generationSource() {
    return generationConfig == null ? PretrainedConfig.FILE_NAME : GenerationConfig.FILE_NAME;
  }

  /** Sets the text of {@code generation_config.json}. */
  void generationJson(String text) {
    generationConfig = text.getBytes(StandardCharsets.UTF_8);
  }

  /** Writes the files beside the weights. */
  void writeExtras(Path folder, PretrainedConfig config) throws IOException {
    ReplacedFile.write(
        folder.resolve(PretrainedConfig.FILE_NAME),
        config.toJson().getBytes(StandardCharsets.UTF_8));
    byte[] file = generationConfig;
    if (file != null) {
      ReplacedFile.write(folder.resolve(GenerationConfig.FILE_NAME), file);
    }
  }

  /** Writes all files of the folder, the weights in the type of the options. */
  void write(Path folder, ModelCore core, SaveOptions options) throws IOException {
    Dtype saved = options.dtype() == null ? core.dtype() : options.dtype();
    Files.createDirectories(folder);
    ModelTensorsWriter.write(
        folder,
        WeightSources.of(
            core.state(), core.quantized(), name -> core.architecture().dtype(name, saved)),
        options.maxShardSize());
    writeExtras(folder, core.config().withDtype(saved));
  }
}
