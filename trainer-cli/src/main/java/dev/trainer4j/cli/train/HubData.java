// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import dev.trainer4j.cli.Console;
import dev.trainer4j.cli.UsageException;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.file.FolderTree;
import dev.trainer4j.hub.Hub;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Finds the parts of a data set, a folder or one of the Hub, by the names of its files, as Hugging Face's Datasets does. */
final class HubData {
  private static final String[] PATTERNS =
      DataFiles.ENDINGS.stream().map(ending -> "*" + ending).toArray(String[]::new);

  private static final Map<String, List<String>> SPLITS =
      Map.of(
          "train", List.of("train", "training"),
          "validation", List.of("validation", "validation_matched", "valid", "val", "dev"),
          "test", List.of("test", "testing", "eval", "evaluation"));

  private final String name;
  private final Path folder;
  private final List<Path> files;

  private HubData(String name, Path folder, List<Path> files) {
    this.name = name;
    this.folder = folder;
    this.files = files;
  }

  static RunData read(TextArguments args, Console console) throws IOException {
    boolean glue = args.datasetName() == null && args.taskName() != null;
    String name = glue ? Glue.DATASET : Objects.requireNonNull(args.datasetName());
    String config = glue ? args.taskName() : args.datasetConfigName();
    Path local = Path.of(name);
    if (Files.isRegularFile(local)) {
      throw new IllegalArgumentException(
          "dataset_name is "
              + name
              + ", which is a file here, expected a folder or a name on the Hub: name a file by --train_file");
    }
    if (!Files.isDirectory(local)) {
      console.tell(
          "Data set " + name + (config == null ? "" : ", part " + config) + ": from the Hub.");
    }
    Path folder =
        Files.isDirectory(local)
            ? local
            : Hub.dataset(name, "main", config == null ? PATTERNS : ofConfig(config));
    HubData data = new HubData(name, folder, chosen(name, folder, config));
    return new RunData(data.split("train"), data.split("validation"), data.split("test"));
  }

  private static String[] ofConfig(String config) {
    return new String[] {config + "/*", "*/" + config + "/*", config + "*"};
  }

  /** The files of one configuration; the only one where none is named. */
  private static List<Path> chosen(String name, Path folder, @Nullable String config)
      throws IOException {
    List<Path> all =
        FolderTree.of(folder).files().stream()
            .filter(
                file ->
                    DataFiles.ENDINGS.stream()
                        .anyMatch(file.toString().toLowerCase(Locale.ROOT)::endsWith))
            .filter(file -> !file.getFileName().toString().startsWith("."))
            .sorted(Comparator.comparing(Path::toString))
            .toList();
    Set<String> configs = new TreeSet<>();
    all.forEach(file -> configs.add(configuration(folder, file)));
    configs.remove("");
    if (config != null) {
      List<Path> own =
          all.stream().filter(file -> configuration(folder, file).equals(config)).toList();
      if (own.isEmpty()) {
        throw new UsageException(
            "dataset_config_name is '"
                + config
                + "', but the data set "
                + name
                + " has "
                + (configs.isEmpty()
                    ? "no parts: remove it"
                    : "the parts " + String.join(", ", configs)));
      }
      return own;
    }
    if (configs.size() > 1) {
      throw new IllegalArgumentException(
          "the data set "
              + name
              + " has several parts: choose one by --dataset_config_name, of "
              + String.join(", ", configs));
    }
    if (all.isEmpty()) {
      throw new IllegalArgumentException(
          "the data set "
              + name
              + " has no file that ends in one of "
              + String.join(", ", DataFiles.ENDINGS));
    }
    return all;
  }

  /** The folder of a file, unless it is called data. */
  private static String configuration(Path folder, Path file) {
    Path parent = folder.toAbsolutePath().relativize(file.toAbsolutePath()).getParent();
    String text = parent == null ? "" : parent.getFileName().toString();
    return text.equals("data") || SPLITS.containsKey(text) ? "" : text;
  }

  private RunData.@Nullable Rows split(String split) throws IOException {
    Dataset<Map<String, Object>> rows = null;
    for (String word : Objects.requireNonNull(SPLITS.get(split))) {
      Pattern named = Pattern.compile("(?i)(^|.*[^a-z0-9])" + word + "([^a-z_].*|$)");
      for (Path file : files) {
        String path = folder.toAbsolutePath().relativize(file.toAbsolutePath()).toString();
        if (named.matcher(path).matches()) {
          Dataset<Map<String, Object>> more = DataFiles.read("--dataset_name", file);
          rows = rows == null ? more : rows.concat(more);
        }
      }
      if (rows != null) {
        return new RunData.Rows(name + ", split " + word, rows);
      }
    }
    return null;
  }
}
