// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.inspect;

import dev.trainer4j.checkpoint.CheckpointStore;
import dev.trainer4j.checkpoint.CheckpointVerification;
import dev.trainer4j.file.FolderTree;
import dev.trainer4j.json.JsonFile;
import dev.trainer4j.json.JsonPlace;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.state.TrainerStateJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * What is known of the folder of a checkpoint, an adapter or a model without reading its tensors. A part that cannot be read does not
 * hide the others: it is among the problems.
 *
 * @param folder where it lies
 * @param kind what it is
 * @param verification against the manifest; empty for a folder that is no checkpoint
 * @param verified whether every byte was read for that
 * @param state of the run when it was written
 * @param arguments of that run
 * @param config {@code config.json}
 * @param adapter {@code adapter_config.json}
 * @param model its tensors, those of the adapter where it is one
 * @param optimizer the tensors of the optimizer's state
 * @param files the size of each file by its name
 * @param saved when the newest file was written
 * @param problems what could not be read, in sentences
 */
record FolderFacts(
    Path folder,
    FolderKind kind,
    Optional<CheckpointVerification> verification,
    boolean verified,
    Optional<TrainerState> state,
    Optional<ArgumentFacts> arguments,
    Optional<JsonPlace> config,
    Optional<JsonPlace> adapter,
    Optional<TensorFacts> model,
    Optional<TensorFacts> optimizer,
    Map<String, Long> files,
    Instant saved,
    List<String> problems) {

  /**
   * Looks into a folder.
   *
   * @param verify whether to read every byte and hold it against the manifest
   */
  static FolderFacts read(Path folder, FolderKind kind, boolean verify) throws IOException {
    List<String> problems = new ArrayList<>();
    Map<String, Long> files = new LinkedHashMap<>();
    Instant saved = Instant.EPOCH;
    Path root = folder.toRealPath();
    FolderTree tree = FolderTree.of(root);
    List<Path> all = new ArrayList<>(tree.files());
    // The files of the Hub's cache are links.
    tree.others().stream().filter(Files::isRegularFile).forEach(all::add);
    for (Path file : all) {
      files.put(root.relativize(file).toString(), Files.size(file));
      Instant written = Files.getLastModifiedTime(file).toInstant();
      saved = written.isAfter(saved) ? written : saved;
    }
    CheckpointStore store = new CheckpointStore(folder);
    return new FolderFacts(
        folder,
        kind,
        kind == FolderKind.CHECKPOINT
            ? Optional.of(verify ? store.verify(folder) : store.verifySizes(folder))
            : Optional.empty(),
        verify,
        part(problems, () -> json(folder, FolderKind.TRAINER_STATE).map(TrainerStateJson::read)),
        part(problems, () -> ArgumentFacts.read(folder)),
        part(problems, () -> json(folder, "config.json")),
        part(problems, () -> json(folder, FolderKind.ADAPTER_CONFIG)),
        part(problems, () -> TensorFacts.ofModel(folder)),
        part(problems, () -> TensorFacts.ofFile(folder.resolve("optimizer.safetensors"))),
        files,
        saved.truncatedTo(ChronoUnit.SECONDS),
        problems);
  }

  private static Optional<JsonPlace> json(Path folder, String name) throws IOException {
    Path file = folder.resolve(name);
    return Files.isRegularFile(file) ? Optional.of(JsonFile.read(file)) : Optional.empty();
  }

  private static <T> Optional<T> part(List<String> problems, Callable<Optional<T>> read)
      throws IOException {
    try {
      return read.call();
    } catch (IOException | RuntimeException e) {
      problems.add(String.valueOf(e.getMessage()));
      return Optional.empty();
    } catch (Exception e) {
      throw new IOException(e);
    }
  }

  /** Returns the same with another state, as of a run that went on. */
  FolderFacts withState(Optional<TrainerState> other) {
    return new FolderFacts(
        folder,
        kind,
        verification,
        verified,
        other,
        arguments,
        config,
        adapter,
        model,
        optimizer,
        files,
        saved,
        problems);
  }

  /** Returns whether nothing was found wrong. */
  boolean isWhole() {
    return problems.isEmpty()
        && verification
            .map(found -> found.status() != CheckpointVerification.Status.DAMAGED)
            .orElse(true);
  }

  long size() {
    return files.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Returns in a few words whether the checkpoint is whole. */
  String verdict() {
    if (!problems.isEmpty()) {
      return "damaged: " + String.join("; ", problems);
    }
    if (verification.isEmpty()) {
      return "readable; there is no manifest to hold it against";
    }
    CheckpointVerification found = verification.get();
    return switch (found.status()) {
      case VALID ->
          verified
              ? "whole: every byte is as in manifest.json"
              : "whole by names and sizes (--verify reads every byte)";
      case HUGGING_FACE -> "of Hugging Face's Trainer, which leaves no manifest to hold it against";
      case DAMAGED -> "damaged: " + found.summary();
    };
  }

  /** Describes the adapter in a line. */
  Optional<String> adapterText() {
    return adapter.map(
        json -> {
          StringBuilder text = new StringBuilder(json.node().path("peft_type").asText("PEFT"));
          append(text, json, "r", " r ");
          append(text, json, "lora_alpha", ", alpha ");
          append(text, json, "target_modules", " on ");
          append(text, json, "base_model_name_or_path", "; base ");
          return text.toString();
        });
  }

  private static void append(StringBuilder text, JsonPlace json, String key, String before) {
    if (json.has(key)) {
      text.append(before).append(ArgumentFacts.show(json.map().get(key)));
    }
  }

  /** Describes how the weights are quantized, in a line. */
  Optional<String> quantizationText() {
    return config
        .filter(json -> json.has("quantization_config"))
        .map(
            json -> {
              JsonPlace quantized = json.at("quantization_config");
              if (quantized.node().path("load_in_8bit").asBoolean()) {
                return "8 bit (int8)";
              }
              String type = quantized.node().path("bnb_4bit_quant_type").asText("");
              String twice =
                  quantized.node().path("bnb_4bit_use_double_quant").asBoolean()
                      ? ", double quantization"
                      : "";
              return quantized.node().path("load_in_4bit").asBoolean()
                  ? "4 bit (" + type + twice + ")"
                  : quantized.node().path("quant_method").asText("an unknown method");
            });
  }

  /** Returns the architecture and the family, as far as {@code config.json} tells. */
  Optional<String> architecture() {
    return config.map(
        json -> {
          String type = json.node().path("model_type").asText("no model_type");
          String first = json.node().path("architectures").path(0).asText("");
          return first.isEmpty() ? type : first + " (" + type + ")";
        });
  }
}
