// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tensors of a model, open for reading: from one file, or from several and their index, as
 * Hugging Face's libraries write them. Safetensors, unless another {@link WeightFormat} is asked for.
 *
 * <p>Opening reads and checks headers only. Safe for use by several threads.
 *
 * <pre>{@code
 * try (ModelTensors tensors = ModelTensors.open(folder)) {
 *   for (String name : tensors.names()) {
 *     NDArray array = tensors.read(name, manager);
 *   }
 * }
 * }</pre>
 */
public final class ModelTensors implements TensorFile {
  /** The one file of a model that is not cut. */
  static final String SINGLE = WeightFormat.SAFETENSORS.single();

  private static final Logger LOGGER = LoggerFactory.getLogger(ModelTensors.class);

  private final Path source;
  private final Map<String, TensorFile> files;
  private final Map<String, TensorFile> homes;

  private ModelTensors(Path source, Map<String, TensorFile> files, Map<String, TensorFile> homes) {
    this.source = source;
    this.files = files;
    this.homes = Collections.unmodifiableMap(homes);
  }

  /**
   * Opens the model of a folder: {@code model.safetensors}, or else the files that {@code
   * model.safetensors.index.json} names.
   *
   * @param folder a checkpoint, or a pretrained model
   * @return the open model
   * @throws SafetensorsException if there is neither, if the index names a file that is missing, a
   *     link or outside of the folder, or if index and files disagree about a tensor
   * @throws IOException if a file cannot be read
   */
  public static ModelTensors open(Path folder) throws IOException {
    return open(folder, List.of(WeightFormat.SAFETENSORS), false);
  }

  /**
   * Opens the model of a folder that the user has named, as {@link #open} does, except that its
   * files may be symbolic links: so they are in Hugging Face's cache, {@code
   * snapshots/<revision>/model.safetensors -> ../../blobs/<hash>}. A name in the index must still be
   * that of a file in the folder.
   *
   * @param folder a pretrained model; not for checkpoints, which never hold links
   * @param others what is opened where there is no safetensors file: the first that is there
   * @return the open model
   * @throws SafetensorsException as {@link #open} does
   * @throws IOException if a file is damaged or cannot be read
   */
  public static ModelTensors openPretrained(Path folder, WeightFormat... others)
      throws IOException {
    List<WeightFormat> formats = new ArrayList<>(List.of(WeightFormat.SAFETENSORS));
    formats.addAll(List.of(others));
    return open(folder, formats, true);
  }

  private static ModelTensors open(Path folder, List<WeightFormat> formats, boolean links)
      throws IOException {
    for (WeightFormat format : formats) {
      Path single = folder.resolve(format.single());
      if (Files.exists(single, LinkOption.NOFOLLOW_LINKS)) {
        return of(single, format);
      }
      Path index = folder.resolve(format.index());
      if (Files.exists(index, LinkOption.NOFOLLOW_LINKS)) {
        return sharded(folder, index, format, links);
      }
    }
    throw new SafetensorsException(folder, missing(folder, formats));
  }

  /** Also says of pickled weights that this is not the way to them, and what an adapter alone is. */
  private static String missing(Path folder, List<WeightFormat> formats) {
    String names =
        formats.stream()
            .flatMap(format -> Stream.of(format.single(), format.index()))
            .collect(Collectors.joining(" nor "));
    String missing = "there is neither " + names;
    String adapter = "adapter_model.safetensors";
    if (Files.exists(folder.resolve(adapter))) {
      return missing
          + ", but "
          + adapter
          + ", of a model with adapters: add the adapter to the model first";
    }
    for (String pickled : List.of("pytorch_model.bin", "pytorch_model.bin.index.json")) {
      if (Files.exists(folder.resolve(pickled))) {
        return missing
            + "; "
            + pickled
            + " is not read as a checkpoint: AutoModels loads it, and in Python save_pretrained"
            + " converts it";
      }
    }
    return missing;
  }

  /**
   * Opens one file.
   *
   * @param file a safetensors file
   * @return the tensors of this file
   * @throws SafetensorsException if its header is damaged
   * @throws IOException if it cannot be read
   */
  public static ModelTensors of(Path file) throws IOException {
    return of(file, WeightFormat.SAFETENSORS);
  }

  private static ModelTensors of(Path file, WeightFormat format) throws IOException {
    TensorFile tensors = format.opener().open(file);
    Map<String, TensorFile> homes = new LinkedHashMap<>();
    tensors.names().forEach(name -> homes.put(name, tensors));
    return new ModelTensors(file, Map.of(String.valueOf(file.getFileName()), tensors), homes);
  }

  private static ModelTensors sharded(Path folder, Path source, WeightFormat format, boolean links)
      throws IOException {
    ShardIndex index = ShardIndex.read(links ? source.toRealPath() : source, format.ending());
    requireFiles(folder, source, index, links);
    Map<String, TensorFile> files = new LinkedHashMap<>();
    ModelTensors tensors = new ModelTensors(source, files, new LinkedHashMap<>());
    try {
      Map<String, TensorFile> homes = new LinkedHashMap<>();
      for (Map.Entry<String, String> entry : index.weightMap().entrySet()) {
        TensorFile file = files.get(entry.getValue());
        if (file == null) {
          file = format.opener().open(folder.resolve(entry.getValue()));
          files.put(entry.getValue(), file);
        }
        homes.put(entry.getKey(), file);
      }
      tensors = new ModelTensors(source, files, homes);
      tensors.requireAgreement(index);
      return tensors;
    } catch (Throwable e) {
      tensors.close();
      throw e;
    }
  }

  /** Before any is opened: an index of a thousand files that are not there costs nothing. */
  private static void requireFiles(Path folder, Path source, ShardIndex index, boolean links)
      throws SafetensorsException {
    for (String shard : new LinkedHashSet<>(index.weightMap().values())) {
      Path file = folder.resolve(shard);
      if (!links && Files.isSymbolicLink(file)) {
        throw new SafetensorsException(source, shard + " is a symbolic link");
      }
      if (!Files.isRegularFile(file)) {
        throw new SafetensorsException(source, shard + " is missing");
      }
    }
  }

  /** Every tensor is in the file where the index says it is, and in no other. */
  private void requireAgreement(ShardIndex index) throws IOException {
    long total = 0;
    for (Map.Entry<String, String> entry : index.weightMap().entrySet()) {
      if (!home(entry.getKey()).names().contains(entry.getKey())) {
        throw SafetensorsException.of(
            source, entry.getKey(), "is not in " + entry.getValue() + ", where it should be");
      }
      total += info(entry.getKey()).byteLength();
    }
    for (Map.Entry<String, TensorFile> file : files.entrySet()) {
      for (String name : file.getValue().names()) {
        String home = index.weightMap().get(name);
        if (home == null) {
          throw SafetensorsException.of(
              source, name, "is in " + file.getKey() + " and not in the index");
        }
        if (!home.equals(file.getKey())) {
          throw SafetensorsException.of(
              source, name, "is in two files: " + home + " and " + file.getKey());
        }
      }
    }
    // Told, not refused: published models get it wrong (a cast, a tied tensor counted twice), and
    // what it could reveal has been proven by the headers.
    if (index.totalSize().isPresent() && index.totalSize().getAsLong() != total) {
      LOGGER.warn(
          "{}: total_size is {}, the tensors have {} bytes.",
          source,
          index.totalSize().getAsLong(),
          total);
    }
  }

  /**
   * Returns the file that was opened.
   *
   * @return the file or the index
   */
  @Override
  public Path source() {
    return source;
  }

  /**
   * Returns the names of the files that hold the tensors.
   *
   * @return one, or those of the index
   */
  public Set<String> fileNames() {
    return Collections.unmodifiableSet(files.keySet());
  }

  /**
   * Returns the file that holds a tensor.
   *
   * @param name one of {@link #names()}
   * @throws IOException if there is no such tensor
   */
  public Path fileOf(String name) throws IOException {
    return home(name).source();
  }

  /**
   * Returns the names of the tensors.
   *
   * @return in the order of the file or of the index
   */
  @Override
  public Set<String> names() {
    return homes.keySet();
  }

  /**
   * Describes a tensor.
   *
   * @param name one of {@link #names()}
   * @return its type, shape and place in its file
   * @throws IOException if there is no such tensor
   */
  @Override
  public TensorInfo info(String name) throws IOException {
    return home(name).info(name);
  }

  /**
   * Returns the bytes of a tensor without copying them; see {@link TensorFile#bytes}.
   *
   * @param name one of {@link #names()}
   * @return a read-only, little-endian view
   * @throws SafetensorsException if there is no such tensor, or it takes 2 GiB or more
   * @throws IOException if the file cannot be mapped
   */
  @Override
  public ByteBuffer bytes(String name) throws IOException {
    return home(name).bytes(name);
  }

  /**
   * Reads a tensor into a new array; see {@link TensorFile#read}.
   *
   * @param name one of {@link #names()}
   * @param manager owns the array, and says on which device it is created
   * @return an array with memory of its own
   * @throws SafetensorsException if there is no such tensor or DJL has no arrays of its type
   * @throws IOException if the file cannot be read
   */
  @Override
  public NDArray read(String name, NDManager manager) throws IOException {
    return home(name).read(name, manager);
  }

  @Override
  public NDArray read(String name, long start, long end, NDManager manager) throws IOException {
    return home(name).read(name, start, end, manager);
  }

  /**
   * Reads a tensor into a new FLOAT32 array; see {@link TensorFile#readFloat32}.
   *
   * @param name one of {@link #names()}
   * @param manager owns the array, and says on which device it is created
   * @return an array with memory of its own
   * @throws SafetensorsException if there is no such tensor or DJL has no arrays of its type
   * @throws IOException if the file cannot be read
   */
  @Override
  public NDArray readFloat32(String name, NDManager manager) throws IOException {
    return home(name).readFloat32(name, manager);
  }

  private TensorFile home(String name) throws SafetensorsException {
    TensorFile home = homes.get(name);
    if (home == null) {
      throw SafetensorsException.of(
          source, name, "is not in the model, which has " + homes.size() + " others");
    }
    return home;
  }

  /** Closes every file. */
  @Override
  public void close() throws IOException {
    IOException failure = null;
    for (TensorFile file : files.values()) {
      try {
        file.close();
      } catch (IOException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
