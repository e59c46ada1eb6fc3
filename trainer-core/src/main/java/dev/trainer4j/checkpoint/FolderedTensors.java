// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Tensors whose names begin with a folder: {@code second/lora_A.weight} is {@code lora_A.weight} of the file in the folder
 * {@code second}, as PEFT lays out several adapters. All of them are one file to the reader.
 */
final class FolderedTensors implements TensorFile {

  private static final String SEPARATOR = "/";

  private final Path source;

  /** By the beginning of the names: a folder and a slash, or nothing. */
  private final Map<String, ModelTensors> files;

  private FolderedTensors(Path source, Map<String, ModelTensors> files) {
    this.source = source;
    this.files = files;
  }

  /**
   * Writes each tensor into the file of its folder.
   *
   * @param folder that of names without one; must exist
   * @param file the name of the file in each folder
   */
  static void write(Path folder, String file, List<TensorSource> tensors) throws IOException {
    Map<String, List<TensorSource>> byFolder = new TreeMap<>();
    for (TensorSource tensor : tensors) {
      byFolder
          .computeIfAbsent(beginning(tensor.name()), key -> new ArrayList<>())
          .add(
              new TensorSource(
                  inside(tensor.name()), tensor.type(), tensor.shape(), tensor.content()));
    }
    for (Map.Entry<String, List<TensorSource>> part : byFolder.entrySet()) {
      Path home = folder.resolve(part.getKey());
      Files.createDirectories(home);
      SafetensorsWriter.write(home.resolve(file), part.getValue(), SafetensorsWriter.PYTORCH);
    }
  }

  private static String beginning(String name) {
    return name.substring(0, name.indexOf(SEPARATOR) + 1);
  }

  /** The name in the file of its folder. */
  private static String inside(String name) {
    return name.substring(beginning(name).length());
  }

  /**
   * Opens the file of a folder, and those of this name in the folders in it.
   *
   * @throws IOException if there is none, or one is damaged
   */
  static FolderedTensors open(Path folder, String file) throws IOException {
    Map<String, ModelTensors> files = new LinkedHashMap<>();
    FolderedTensors opened = new FolderedTensors(folder.resolve(file), files);
    try {
      for (Path home : folders(folder)) {
        Path inside = home.resolve(file);
        if (Files.isRegularFile(inside, LinkOption.NOFOLLOW_LINKS)) {
          files.put(home.getFileName() + SEPARATOR, ModelTensors.of(inside));
        }
      }
      if (files.isEmpty() || Files.exists(opened.source, LinkOption.NOFOLLOW_LINKS)) {
        files.put("", ModelTensors.of(opened.source));
      }
      return opened;
    } catch (IOException | RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  private static Set<Path> folders(Path folder) throws IOException {
    Set<Path> folders = new LinkedHashSet<>();
    try (DirectoryStream<Path> entries =
        Files.newDirectoryStream(
            folder, entry -> Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS))) {
      entries.forEach(folders::add);
    }
    return folders;
  }

  @Override
  public Path source() {
    return source;
  }

  @Override
  public Set<String> names() {
    Set<String> names = new LinkedHashSet<>();
    files.forEach((beginning, file) -> file.names().forEach(name -> names.add(beginning + name)));
    return names;
  }

  private ModelTensors home(String name) throws SafetensorsException {
    ModelTensors home = files.get(beginning(name));
    if (home == null) {
      throw SafetensorsException.of(source, name, "is not in the folder");
    }
    return home;
  }

  @Override
  public TensorInfo info(String name) throws IOException {
    return home(name).info(inside(name));
  }

  @Override
  public ByteBuffer bytes(String name) throws IOException {
    return home(name).bytes(inside(name));
  }

  @Override
  public NDArray read(String name, NDManager manager) throws IOException {
    return home(name).read(inside(name), manager);
  }

  @Override
  public NDArray readFloat32(String name, NDManager manager) throws IOException {
    return home(name).readFloat32(inside(name), manager);
  }

  @Override
  public NDArray read(String name, long start, long end, NDManager manager) throws IOException {
    return home(name).read(inside(name), start, end, manager);
  }

  @Override
  public void close() throws IOException {
    for (ModelTensors file : files.values()) {
      file.close();
    }
  }
}
