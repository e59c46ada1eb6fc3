// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.torch.TiedTensors;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;

/** Writes a model under Hugging Face's names: one file, or above a size several and an index. */
public final class ModelTensorsWriter {
  /** Hugging Face's limit of a file since its fifth version: 50 GB. */
  public static final long DEFAULT_MAX_SHARD_SIZE = 50_000_000_000L;

  private static final Pattern SHARD = Pattern.compile("model-\\d{5,}-of-\\d{5,}\\.safetensors");

  private ModelTensorsWriter() {}

  /**
   * Writes {@code model.safetensors}; or, if the arrays take more than {@code maxShardSize}, {@code
   * model-00001-of-0000N.safetensors} and so on with {@code model.safetensors.index.json}.
   *
   * <p>A tensor of several names is written once, under the first of them, as transformers does with
   * the output layer that shares the embedding.
   *
   * <p>A model that the folder held before is replaced, and what a save that was killed left half written is removed. While that goes on, a reader finds the old
   * model or the new one where the two are of different form; a {@link CheckpointStore} makes all
   * of it one step.
   *
   * @param folder must exist
   * @param arrays by name, in the order in which they fill the files
   * @param maxShardSize bytes of tensors in one file, at least 1; a larger tensor gets a file of its
   *     own
   * @throws IllegalArgumentException if an array is sparse or of a type that DJL does not hand out
   * @throws IOException if a file cannot be written
   */
  public static void write(Path folder, Map<String, ? extends NDArray> arrays, long maxShardSize)
      throws IOException {
    write(
        folder,
        TiedTensors.distinct(arrays).entrySet().stream()
            .map(entry -> TensorSource.of(entry.getKey(), entry.getValue()))
            .toList(),
        maxShardSize);
  }

  /**
   * Writes tensors from their sources, one after the other, as {@link #write(Path, Map, long)} does
   * with arrays.
   *
   * @param folder must exist
   * @param tensors in the order in which they fill the files
   * @param maxShardSize bytes of tensors in one file, at least 1
   * @throws IllegalArgumentException if two tensors have one name
   * @throws SafetensorsException if a source does not write what it announced
   * @throws IOException if a file cannot be written
   */
  public static void write(Path folder, List<TensorSource> tensors, long maxShardSize)
      throws IOException {
    if (maxShardSize < 1) {
      throw new IllegalArgumentException(
          "maxShardSize is " + maxShardSize + ", must be 1 byte or more");
    }
    Drafts.clean(folder, ModelTensorsWriter::isOurs);
    List<List<TensorSource>> shards = cut(tensors, maxShardSize);
    Set<String> written = new HashSet<>();
    if (shards.size() == 1) {
      SafetensorsWriter.write(
          folder.resolve(ModelTensors.SINGLE), tensors, SafetensorsWriter.PYTORCH);
      written.add(ModelTensors.SINGLE);
    } else {
      Map<String, String> weightMap = new LinkedHashMap<>();
      for (int i = 0; i < shards.size(); i++) {
        String name = "model-%05d-of-%05d.safetensors".formatted(i + 1, shards.size());
        SafetensorsWriter.write(folder.resolve(name), shards.get(i), SafetensorsWriter.PYTORCH);
        shards.get(i).forEach(tensor -> weightMap.put(tensor.name(), name));
        written.add(name);
      }
      long total = tensors.stream().mapToLong(TensorSource::byteLength).sum();
      writeIndex(folder, new ShardIndex(OptionalLong.of(total), weightMap));
      written.add(ShardIndex.FILE_NAME);
    }
    deleteOthers(folder, written);
  }

  /**
   * Hugging Face's rule: files are filled in the order of the tensors, and a tensor that alone
   * exceeds the limit goes into one of its own, ahead of the file that is being filled.
   */
  static List<List<TensorSource>> cut(List<TensorSource> tensors, long maxShardSize) {
    List<List<TensorSource>> shards = new ArrayList<>();
    List<TensorSource> current = new ArrayList<>();
    long size = 0;
    for (TensorSource tensor : tensors) {
      long length = tensor.byteLength();
      if (length > maxShardSize) {
        shards.add(List.of(tensor));
        continue;
      }
      if (length > maxShardSize - size) {
        shards.add(current);
        current = new ArrayList<>();
        size = 0;
      }
      current.add(tensor);
      size += length;
    }
    if (!current.isEmpty() || shards.isEmpty()) {
      shards.add(current);
    }
    return shards;
  }

  private static void writeIndex(Path folder, ShardIndex index) throws IOException {
    ReplacedFile.writeDurably(folder.resolve(ShardIndex.FILE_NAME), index.toJson());
  }

  /** What remains of an earlier save would be taken for part of this one. */
  private static void deleteOthers(Path folder, Set<String> written) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "model*")) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        if (isOurs(name)
            && !written.contains(name)
            && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
          Files.delete(file);
        }
      }
    }
  }

  private static boolean isOurs(String name) {
    return name.equals(ModelTensors.SINGLE)
        || name.equals(ShardIndex.FILE_NAME)
        || SHARD.matcher(name).matches();
  }
}
