// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.inspect;

import dev.trainer4j.checkpoint.ModelTensors;
import dev.trainer4j.checkpoint.TensorFile;
import dev.trainer4j.checkpoint.TensorInfo;
import dev.trainer4j.checkpoint.pytorch.PytorchWeights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What is known of a folder's tensors by their headers alone.
 *
 * @param source the file, or the index of several
 * @param files how many files they lie in
 * @param tensors how many there are
 * @param elements how many numbers they have; weights of 4 bits are two in a number
 * @param bytes what these take
 * @param byType tensors, elements and bytes of each element type
 */
public record TensorFacts(
    Path source, int files, int tensors, long elements, long bytes, Map<String, OfType> byType) {

  /**
   * The tensors of one element type.
   *
   * @param tensors how many
   * @param elements how many numbers
   * @param bytes what these take
   */
  public record OfType(int tensors, long elements, long bytes) {
    OfType plus(OfType other) {
      return new OfType(tensors + other.tensors, elements + other.elements, bytes + other.bytes);
    }
  }

  /** Reads the headers of a model or of an adapter; empty if the folder has neither. */
  public static Optional<TensorFacts> ofModel(Path folder) throws IOException {
    for (String adapter : new String[] {"adapter_model.safetensors", "adapter_model.bin"}) {
      Path file = folder.resolve(adapter);
      if (Files.isRegularFile(file)) {
        try (TensorFile tensors =
            adapter.endsWith(".bin")
                ? PytorchWeights.FORMAT.opener().open(file)
                : ModelTensors.of(file)) {
          return Optional.of(of(tensors, 1));
        }
      }
    }
    for (String name : FolderKind.weights()) {
      if (Files.exists(folder.resolve(name))) {
        try (ModelTensors tensors = ModelTensors.openPretrained(folder, PytorchWeights.FORMAT)) {
          return Optional.of(of(tensors, tensors.fileNames().size()));
        }
      }
    }
    return Optional.empty();
  }

  /** Reads the header of one safetensors file; empty if it is not there. */
  static Optional<TensorFacts> ofFile(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try (TensorFile tensors = ModelTensors.of(file)) {
      return Optional.of(of(tensors, 1));
    }
  }

  private static TensorFacts of(TensorFile file, int files) throws IOException {
    Map<String, OfType> byType = new TreeMap<>();
    OfType all = new OfType(0, 0, 0);
    for (String name : file.names()) {
      TensorInfo info = file.info(name);
      OfType one = new OfType(1, info.shape().size(), info.byteLength());
      byType.merge(info.type().name(), one, OfType::plus);
      all = all.plus(one);
    }
    return new TensorFacts(
        file.source(), files, all.tensors, all.elements, all.bytes, new LinkedHashMap<>(byType));
  }
}
