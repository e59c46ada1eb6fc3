// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.checkpoint.ModelTensors;
import dev.trainer4j.checkpoint.SafetensorsType;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.TorchFunctions;
import dev.trainer4j.transformers.architecture.Architecture;
import dev.trainer4j.transformers.architecture.TensorSpec;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The tensors of a model while it is loaded. Each is cast and quantized before the next is made or read, so that
 * memory never holds the model in two types.
 */
final class LoadedWeights {

  private final Architecture architecture;
  private final Dtype dtype;
  private final NDManager manager;
  private final Map<String, NDArray> arrays = new HashMap<>();
  private final QuantizedLoading quantization;

  LoadedWeights(
      Architecture architecture, Dtype dtype, NDManager manager, QuantizedLoading quantization) {
    this.architecture = architecture;
    this.dtype = dtype;
    this.manager = manager;
    this.quantization = quantization;
  }

  /** Makes tensors that no file holds, always in the same order: their numbers are drawn. */
  Map<String, NDArray> create(Set<String> fresh) {
    for (TensorSpec spec : architecture.tensors()) {
      if (fresh.contains(spec.name())) {
        try (Autograd.Recording off = Autograd.record(false);
            ArrayScope scope = ArrayScope.open()) {
          put(spec.name(), spec.initializer().create(manager, spec.shape()));
        }
      }
    }
    return arrays;
  }

  /**
   * Reads tensors.
   *
   * @param sources of each tensor of the model, the name in the file
   */
  void read(ModelTensors tensors, Map<String, String> sources) throws IOException {
    for (Map.Entry<String, String> source : sources.entrySet()) {
      if (quantization.isChosen(source.getKey())) {
        quantization.reserve(source.getKey(), tensors.info(source.getValue()).shape());
      } else if (architecture.dtype(source.getKey(), dtype) == Dtype.FLOAT32
          && !quantization.concerns(source.getKey(), source.getValue())
          && tensors.info(source.getValue()).type() != SafetensorsType.F32) {
        // All before the first is read: memory that is freed between them would be too scattered
        // for those that follow. And filled in place, because what a kernel returns outside of
        // autograd can never require gradients.
        Shape shape = tensors.info(source.getValue()).shape();
        NDArray target = manager.create(shape, DataType.FLOAT32);
        arrays.put(source.getKey(), ArrayScope.keep(target, manager));
      }
    }
    for (Map.Entry<String, String> source : sources.entrySet()) {
      try (Autograd.Recording off = Autograd.record(false);
          ArrayScope scope = ArrayScope.open()) {
        NDArray whole = quantization.read(source.getKey(), source.getValue());
        if (whole == null) {
          put(source.getKey(), tensors.read(source.getValue(), manager));
        } else {
          arrays.put(source.getKey(), whole);
        }
      }
    }
  }

  /** Keeps an array as it is where it may be, else its values in the wanted type. */
  private void put(String name, NDArray array) {
    Dtype wanted = architecture.dtype(name, dtype);
    NDArray target = arrays.get(name);
    if (quantization.isChosen(name)) {
      NDArray cast = wanted.is(array) ? array : wanted.copy(array, manager);
      arrays.put(name, quantization.quantize(name, cast, wanted));
      cast.close();
      array.close();
      return;
    }
    if (wanted.is(array)) {
      arrays.put(name, ArrayScope.keep(array, manager));
      return;
    }
    if (target != null) {
      TorchFunctions.copy(List.of(target), List.of(array));
    } else {
      arrays.put(name, ArrayScope.keep(wanted.copy(array, manager), manager));
    }
    array.close(); // One of bfloat16 outlives the scope, and would stay with the model.
  }

  /**
   * Returns all tensors in the order of the architecture; what is trained requires gradients. Nothing of a model with
   * quantized layers is, unless it is asked for by name.
   */
  Map<String, NDArray> state() {
    Map<String, NDArray> state = new LinkedHashMap<>();
    for (TensorSpec spec : architecture.tensors()) {
      NDArray array = arrays.get(spec.name());
      if (array == null) {
        throw new IllegalStateException(spec.name() + " was neither made nor read");
      }
      if (spec.trainable() && dtype == Dtype.FLOAT32 && quantization.weights() == null) {
        array.setRequiresGradient(true);
      }
      state.put(spec.name(), array);
    }
    return state;
  }
}
