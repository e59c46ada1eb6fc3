// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.folder;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.callbacks.ReportNumbers;
import dev.trainer4j.checkpoint.ModelTensors;
import dev.trainer4j.checkpoint.pytorch.PytorchWeights;
import dev.trainer4j.transformers.PretrainedModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** How far quantized weights are from those that they stand for. */
final class QuantizationErrors {

  /**
   * The layers of one kind.
   *
   * @param count how many
   * @param sum of their relative errors
   * @param worst the largest of them
   * @param where the tensor that has it
   */
  private record Kind(int count, double sum, double worst, String where) {
    Kind plus(Kind other) {
      boolean worse = other.worst > worst;
      return new Kind(
          count + other.count,
          sum + other.sum,
          worse ? other.worst : worst,
          worse ? other.where : where);
    }
  }

  private final Map<String, Kind> kinds = new TreeMap<>();
  private final List<String> unmatched = new ArrayList<>();

  private QuantizationErrors() {}

  /**
   * Holds each quantized tensor against the file that it was made of, one after the other.
   *
   * @param source the folder that the model was loaded from
   */
  static QuantizationErrors measure(PretrainedModel model, Path source) throws IOException {
    QuantizationErrors errors = new QuantizationErrors();
    try (ModelTensors tensors = ModelTensors.openPretrained(source, PytorchWeights.FORMAT)) {
      for (String name : model.quantizedTensors()) {
        String original = find(tensors, name);
        if (original == null) {
          errors.unmatched.add(name);
          continue;
        }
        try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
          NDArray before = tensors.readFloat32(original, manager);
          NDArray after = model.dequantizedTensor(name, manager);
          double error = norm(before.sub(after)) / Math.max(norm(before), Double.MIN_NORMAL);
          errors.kinds.merge(kind(name), new Kind(1, error, error, name), Kind::plus);
        }
      }
    }
    return errors;
  }

  private static double norm(NDArray array) {
    return Math.sqrt(array.square().sum().getFloat());
  }

  /** A folder of the body alone lacks the prefix that the model's names have, or has one that they lack. */
  private static @Nullable String find(ModelTensors tensors, String name) {
    if (tensors.names().contains(name)) {
      return name;
    }
    List<String> similar =
        tensors.names().stream()
            .filter(other -> name.endsWith("." + other) || other.endsWith("." + name))
            .toList();
    return similar.size() == 1 ? similar.get(0) : null;
  }

  /** The module's own name: what layers of all depths have in common. */
  private static String kind(String name) {
    String[] parts = name.split("\\.");
    return parts.length < 2 ? name : parts[parts.length - 2];
  }

  /** Returns a table of text, one line for each kind of layer. */
  List<String> table() {
    List<String> lines = new ArrayList<>();
    int longest = Math.max(5, kinds.keySet().stream().mapToInt(String::length).max().orElse(5));
    lines.add(
        ReportNumbers.format(
            "%-" + longest + "s  %6s  %8s  %8s", "layer", "count", "mean", "worst"));
    kinds.forEach(
        (name, kind) ->
            lines.add(
                ReportNumbers.format(
                    "%-" + longest + "s  %6d  %8.4f  %8.4f  %s",
                    name,
                    kind.count,
                    kind.sum / kind.count,
                    kind.worst,
                    kind.where)));
    if (!unmatched.isEmpty()) {
      lines.add("not measured, since the file has them under other names: " + unmatched);
    }
    return lines;
  }
}
