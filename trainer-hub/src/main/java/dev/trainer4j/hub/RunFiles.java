// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Which files of a run go where in its repository: as with Hugging Face's Trainer the model and what else is in the output folder to the
 * top, without checkpoints and states of the training, and checkpoints whole into a folder.
 */
final class RunFiles {
  static final String LAST_CHECKPOINT = "last-checkpoint";

  private static final JsonMapper JSON = new JsonMapper();
  private static final Set<String> STATES =
      Set.of("scheduler.json", "rng_state.json", "trainer_state.json", "manifest.json");

  private RunFiles() {}

  /**
   * Lists what of the output folder goes to the top of the repository.
   *
   * @param outputDir may not exist
   */
  static List<UploadFile> ofOutput(Path outputDir) throws IOException {
    if (!Files.isDirectory(outputDir)) {
      return List.of();
    }
    return FolderFiles.of(
        outputDir,
        name ->
            !name.startsWith("_")
                && !name.startsWith("checkpoint-")
                && !name.startsWith(LAST_CHECKPOINT + "/")
                && (!name.startsWith(".") || name.equals(".gitignore")));
  }

  /**
   * Lists the files of a checkpoint, with the hashes that stand in its manifest.
   *
   * @param folder a committed checkpoint, or a copy of one
   */
  static List<UploadFile> ofCheckpoint(Path folder) throws IOException {
    Map<String, String> hashes = new HashMap<>();
    Path manifest = folder.resolve("manifest.json");
    if (Files.exists(manifest)) {
      for (JsonNode file : JSON.readTree(Files.readAllBytes(manifest)).path("files")) {
        hashes.put(file.path("name").asText(), file.path("sha256").asText());
      }
    }
    List<UploadFile> files = new ArrayList<>();
    for (UploadFile file : FolderFiles.of(folder, name -> true)) {
      String known = hashes.get(file.path());
      files.add(known == null ? file : file.withSha256(known));
    }
    return files;
  }

  /**
   * Chooses what of a checkpoint makes the model.
   *
   * @param tensorsFile the file of the model's tensors, of which there may be shards
   */
  static List<UploadFile> modelOf(List<UploadFile> checkpoint, String tensorsFile) {
    String stem = tensorsFile.replaceFirst("\\.safetensors$", "");
    Pattern weights =
        Pattern.compile("(.*/)?" + Pattern.quote(stem) + "(-\\d+-of-\\d+)?\\.safetensors");
    return checkpoint.stream()
        .filter(
            file ->
                !STATES.contains(file.path())
                    && (!file.path().endsWith(".safetensors")
                        || weights.matcher(file.path()).matches()))
        .toList();
  }

  /** Joins lists, of which a later one wins. */
  @SafeVarargs
  static List<UploadFile> joined(List<UploadFile>... lists) {
    Map<String, UploadFile> byPath = new TreeMap<>();
    for (List<UploadFile> list : lists) {
      list.forEach(file -> byPath.put(file.path(), file));
    }
    return List.copyOf(byPath.values());
  }

  static List<UploadFile> into(String folder, List<UploadFile> files) {
    return files.stream().map(file -> file.at(folder + "/" + file.path())).toList();
  }
}
