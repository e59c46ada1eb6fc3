// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.folder;

import dev.trainer4j.cli.inspect.TensorFacts;
import dev.trainer4j.transformers.Dtype;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;

/** The weights of a folder by their headers: what commands ask before they load a model. */
final class FolderWeights {

  private static final Map<String, Dtype> FLOATING =
      Map.of("F32", Dtype.FLOAT32, "F16", Dtype.FLOAT16, "BF16", Dtype.BFLOAT16);

  private FolderWeights() {}

  /** Returns the type that most of the weights have; float32 where none of them is floating. */
  static Dtype dtype(Path folder) throws IOException {
    return TensorFacts.ofModel(folder)
        .flatMap(
            facts ->
                facts.byType().entrySet().stream()
                    .filter(type -> FLOATING.containsKey(type.getKey()))
                    .max(Comparator.comparingLong(type -> type.getValue().elements()))
                    .map(type -> FLOATING.get(type.getKey())))
        .orElse(Dtype.FLOAT32);
  }

  /** Returns what the tensors of a model take, in bytes. */
  static long bytes(Path folder) throws IOException {
    return TensorFacts.ofModel(folder).map(TensorFacts::bytes).orElse(0L);
  }
}
