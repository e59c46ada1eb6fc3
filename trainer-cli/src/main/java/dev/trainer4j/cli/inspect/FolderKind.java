// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.inspect;

import dev.trainer4j.checkpoint.CheckpointStore;
import dev.trainer4j.checkpoint.CheckpointVerification;
import dev.trainer4j.cli.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What a folder is, going by its files. */
public enum FolderKind {
  /** An output folder, which has checkpoints in it. */
  RUN("the output folder of a run"),
  /** One checkpoint, of ours or of Hugging Face's Trainer. */
  CHECKPOINT("a checkpoint"),
  /** An adapter without its base. */
  ADAPTER("an adapter of PEFT"),
  /** A pretrained model. */
  MODEL("a model");

  public static final String ADAPTER_CONFIG = "adapter_config.json";
  static final String TRAINER_STATE = "trainer_state.json";

  private static final List<String> WEIGHTS =
      List.of(
          "model.safetensors",
          "model.safetensors.index.json",
          "pytorch_model.bin",
          "pytorch_model.bin.index.json");

  private final String described;

  FolderKind(String described) {
    this.described = described;
  }

  public String described() {
    return described;
  }

  /** Returns the names by which the weights of a model are found. */
  static List<String> weights() {
    return WEIGHTS;
  }

  /**
   * Looks at a folder.
   *
   * @throws UsageException if there is none
   * @throws IOException if nothing in it is known
   */
  public static FolderKind of(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new UsageException(
          folder
              + (Files.exists(folder) ? " is a file, expected a folder" : " does not exist")
              + ": give a checkpoint, the output folder of a run, or the folder of a model");
    }
    if (has(folder, "manifest.json")) {
      return CHECKPOINT;
    }
    if (!new CheckpointStore(folder).list().isEmpty()) {
      return RUN;
    }
    // A run that ended has its state beside its model, which is no checkpoint yet.
    if (isNamedCheckpoint(folder) || CheckpointVerification.isOfHuggingFace(folder)) {
      return CHECKPOINT;
    }
    if (has(folder, ADAPTER_CONFIG)) {
      return ADAPTER;
    }
    if (has(folder, "config.json") || WEIGHTS.stream().anyMatch(name -> has(folder, name))) {
      return MODEL;
    }
    throw new IOException(
        folder
            + " is neither a checkpoint nor a model: it has no checkpoint-<step> folder, and none"
            + " of trainer_state.json, manifest.json, adapter_config.json, config.json and "
            + String.join(", ", WEIGHTS));
  }

  private static boolean isNamedCheckpoint(Path folder) {
    Path name = folder.toAbsolutePath().normalize().getFileName();
    return name != null && name.toString().matches("checkpoint-\\d+");
  }

  private static boolean has(Path folder, String name) {
    return Files.isRegularFile(folder.resolve(name));
  }
}
