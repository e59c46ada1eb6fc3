// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.checkpoint.TensorSource;
import dev.trainer4j.torch.TiedTensors;
import dev.trainer4j.transformers.quantization.QuantizedWeights;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The tensors of a model as they are saved: each is cast when its turn comes, so that memory holds one copy. */
final class WeightSources {

  private WeightSources() {}

  /**
   * Returns what is to be written; a tensor of several names once, and what is of no floating type as it
   * is.
   *
   * @param quantized those that are, which come with what belongs to them; null for none
   * @param dtypes the type of each name
   */
  static List<TensorSource> of(
      Map<String, NDArray> state,
      @Nullable QuantizedWeights quantized,
      Function<String, Dtype> dtypes) {
    return TiedTensors.distinct(state).entrySet().stream()
        .flatMap(
            entry -> {
              String name = entry.getKey();
              List<TensorSource> whole = quantized == null ? null : quantized.sources(name);
              return whole == null
                  ? Stream.of(of(name, entry.getValue(), dtypes.apply(name)))
                  : whole.stream();
            })
        .toList();
  }

  private static TensorSource of(String name, NDArray array, Dtype dtype) {
    if (dtype.is(array) || !Dtype.isFloating(array)) {
      return TensorSource.of(name, array);
    }
    return new TensorSource(
        name,
        dtype.stored(),
        array.getShape(),
        channel -> {
          try (NDArray copy = dtype.copy(array, array.getManager())) {
            TensorSource.of(name, copy).content().writeTo(channel);
          }
        });
  }
}
