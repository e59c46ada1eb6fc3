// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.TorchFunctions;
import dev.trainer4j.transformers.quantization.QuantizationKeys;
import dev.trainer4j.transformers.quantization.QuantizedWeights;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Quantized weights of a model that have become what they stand for, with the way back. */
final class Dequantization {

  private static final Logger LOGGER = LoggerFactory.getLogger(PretrainedModel.class);

  private final ModelCore core;
  private final PretrainedConfig config;
  private final Map<String, NDArray> state;
  private final @Nullable QuantizedWeights weights;

  private Dequantization(
      ModelCore core,
      PretrainedConfig config,
      Map<String, NDArray> state,
      @Nullable QuantizedWeights weights) {
    this.core = core;
    this.config = config;
    this.state = state;
    this.weights = weights;
  }

  /** Puts values in the place of quantized weights; does nothing where there are none. */
  static Dequantization of(ModelCore core) {
    QuantizedWeights weights = core.quantized();
    Dequantization before = new Dequantization(core, core.config(), core.state(), weights);
    if (weights == null) {
      return before;
    }
    if (core.isTrained()) {
      throw new IllegalStateException(
          "the model is being trained: dequantize it, or merge adapters, before or after train()");
    }
    Map<String, NDArray> state = new LinkedHashMap<>(core.state());
    try (Autograd.Recording off = Autograd.record(false)) {
      for (String name : weights.names()) {
        state.put(name, values(core, weights, name));
      }
    } catch (RuntimeException | Error e) { // What is out of memory leaves the model as it was.
      before.closeOthers(state);
      throw e;
    }
    core.exchange(core.config().without(QuantizationKeys.KEY), state, null);
    LOGGER.info(
        "{} quantized layers became {}, which is what they stand for: the values before quantization are"
            + " not known any more",
        weights.names().size(),
        core.dtype().text());
    return before;
  }

  private static NDArray values(ModelCore core, QuantizedWeights weights, String name) {
    NDManager manager = core.manager();
    try (ArrayScope scope = ArrayScope.open()) {
      NDArray values = weights.values(name, manager);
      ArrayScope.keep(values, manager);
      Dtype dtype = core.architecture().dtype(name, core.dtype());
      NDArray array;
      if (dtype == Dtype.FLOAT32) {
        // What a kernel returns outside of autograd can never require gradients.
        array = manager.create(values.getShape(), DataType.FLOAT32);
        TorchFunctions.copy(List.of(array), List.of(values));
      } else {
        array = dtype.copy(values, manager);
      }
      values.close();
      return ArrayScope.keep(array, manager);
    }
  }

  /** Returns whether there was something to do. */
  boolean happened() {
    return weights != null;
  }

  /** Frees the quantized weights. */
  void forget() {
    if (weights != null) {
      weights.close();
    }
  }

  /** Takes the quantized weights again and frees the values. */
  void undo() {
    if (weights != null) {
      Map<String, NDArray> values = core.state();
      core.exchange(config, state, weights);
      closeOthers(values);
    }
  }

  private void closeOthers(Map<String, NDArray> others) {
    others.forEach(
        (name, array) -> {
          if (array != state.get(name)) {
            array.close();
          }
        });
  }
}
