// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.folder;

import dev.trainer4j.checkpoint.CheckpointStore;
import dev.trainer4j.cli.NamedModel;
import dev.trainer4j.cli.UsageException;
import dev.trainer4j.cli.inspect.FolderKind;
import dev.trainer4j.data.Folders;
import dev.trainer4j.json.JsonFile;
import dev.trainer4j.json.JsonPlace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a user means by a model: its folder with, if there is one, that of an adapter. Whoever names an adapter alone means it with the
 * base that it names.
 *
 * @param base the folder of the model
 * @param adapter the folder of the adapter; null for none
 */
public record ModelFolder(Path base, @Nullable Path adapter) {

  /**
   * Finds the folders, and downloads those that are names of the Hub.
   *
   * @param name a folder or a name of the Hub: of a model, or of an adapter that names its base
   * @param revision on the Hub; null for the main one
   * @param adapter the folder or name of an adapter; null for none
   * @throws IOException if there is no such folder, or it holds neither
   */
  public static ModelFolder of(String name, @Nullable String revision, @Nullable String adapter)
      throws IOException {
    Path folder = NamedModel.folder("model_name_or_path", name, revision);
    if (adapter != null) {
      return new ModelFolder(checked(folder), adapter(NamedModel.folder("adapter", adapter, null)));
    }
    return isAdapter(folder)
        ? new ModelFolder(checked(baseOf(folder)), folder)
        : new ModelFolder(checked(folder), null);
  }

  /** Returns the folder whose tokenizer counts: that of the adapter, where it has one. */
  public Path tokenizer() {
    return adapter != null && Files.isRegularFile(adapter.resolve("tokenizer.json"))
        ? adapter
        : base;
  }

  private static boolean isAdapter(Path folder) {
    return Files.isRegularFile(folder.resolve(FolderKind.ADAPTER_CONFIG))
        && !Files.isRegularFile(folder.resolve("config.json"));
  }

  private static Path adapter(Path folder) throws IOException {
    if (!Files.isRegularFile(folder.resolve(FolderKind.ADAPTER_CONFIG))) {
      throw new UsageException(
          folder + " has no " + FolderKind.ADAPTER_CONFIG + ": it is not the folder of an adapter");
    }
    return folder;
  }

  private static Path baseOf(Path adapter) throws IOException {
    JsonPlace config = JsonFile.read(adapter.resolve(FolderKind.ADAPTER_CONFIG));
    if (!config.has("base_model_name_or_path")) {
      throw new IllegalArgumentException(
          adapter
              + " is an adapter that names no base: give the base, and this folder by --adapter");
    }
    String base = config.at("base_model_name_or_path").text();
    try {
      return Folders.ofModel(base);
    } catch (IOException e) {
      throw new IOException(
          adapter
              + " is an adapter for '"
              + base
              + "', which is not found: give the base, and this folder by --adapter",
          e);
    }
  }

  /** The output folder of a run that keeps checkpoints alone is not a model, but one of its checkpoints may be. */
  private static Path checked(Path folder) throws IOException {
    if (Files.isRegularFile(folder.resolve("config.json"))) {
      return folder;
    }
    String checkpoints =
        new CheckpointStore(folder)
            .list().stream()
                .reduce((older, newer) -> newer)
                .map(newest -> "; it has checkpoints, such as " + newest.path())
                .orElse("");
    throw new UsageException(
        folder + " has no config.json: it is not the folder of a model" + checkpoints);
  }
}
