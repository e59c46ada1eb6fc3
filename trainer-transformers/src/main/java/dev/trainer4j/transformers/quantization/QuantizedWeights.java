// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.quantization;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.checkpoint.SafetensorsType;
import dev.trainer4j.checkpoint.TensorSource;
import dev.trainer4j.model.TensorElements;
import dev.trainer4j.model.UnreadWeights;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.transformers.Dtype;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.QuantizationConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The quantized weights of a model, by its names. A model is loaded by adding them one after the other, or by expecting them and
 * supplying them later; then nothing changes here.
 */
public final class QuantizedWeights {

  private final QuantizationConfig config;
  private final Dtype compute;
  private final LinearLayers layers;
  private final NDManager owner;
  private final Quantizer quantizer;
  private final Map<String, QuantizedTensor> tensors = new LinkedHashMap<>();

  /**
   * Makes an empty collection.
   *
   * @param layers those of the model
   * @param owner of the arrays
   */
  public QuantizedWeights(QuantizationConfig config, LinearLayers layers, NDManager owner) {
    this.config = config;
    this.layers = layers;
    this.owner = owner;
    Dtype asked = config.bnb4bitComputeDtype();
    compute = asked == null ? FastProducts.dtype(owner.getDevice()) : asked;
    quantizer = new Quantizer(config, owner);
  }

  /** Returns what was asked for. */
  public QuantizationConfig config() {
    return config;
  }

  /** Returns the type in which products are taken. */
  public Dtype compute() {
    return compute;
  }

  /** Returns libtorch's number of that type. */
  public int computeType() {
    return switch (compute) {
      case FLOAT32 -> 6;
      case FLOAT16 -> 5;
      case BFLOAT16 -> 15;
    };
  }

  /** Makes room for a weight of this shape that is quantized later. */
  public void reserve(String name, Shape shape) {
    quantizer.reserve(name, shape, layers.isTransposed(name));
  }

  /**
   * Quantizes a weight, which stays the caller's.
   *
   * @param dtype the type that it is said to have been
   * @return what the model has in its place
   */
  public NDArray add(String name, NDArray weight, Dtype dtype) {
    return put(name, quantizer.quantize(name, weight, layers.isTransposed(name), dtype));
  }

  /**
   * Reads a weight.
   *
   * @param source its name in the file
   * @return what the model has in its place
   */
  public NDArray read(String name, QuantizedFile file, String source) throws IOException {
    return put(name, file.read(source, owner));
  }

  /**
   * Makes the tensors of a weight that is quantized later, by {@link #supply(String, NDArray, Dtype, UnreadWeights.Receiver)}.
   *
   * @param shape of the weight
   * @return what the model has in its place, without memory
   */
  public NDArray expect(String name, Shape shape) {
    return put(name, quantizer.unread(shape, layers.isTransposed(name)));
  }

  /**
   * Makes the tensors of a weight that is read later, by {@link #supply(String, QuantizedFile, String, UnreadWeights.Receiver)}.
   *
   * @param source its name in the file
   * @return what the model has in its place, without memory
   */
  public NDArray expect(String name, QuantizedFile file, String source) throws IOException {
    return put(name, file.unread(source, owner));
  }

  /**
   * Quantizes a weight that was expected and shows what it becomes.
   *
   * @param weight stays the caller's
   * @param dtype the type that it is said to have been
   */
  public void supply(String name, NDArray weight, Dtype dtype, UnreadWeights.Receiver receiver)
      throws IOException {
    supply(name, quantizer.quantize(name, weight, layers.isTransposed(name), dtype), receiver);
  }

  /**
   * Reads a weight that was expected and shows it.
   *
   * @param source its name in the file
   */
  public void supply(
      String name, QuantizedFile file, String source, UnreadWeights.Receiver receiver)
      throws IOException {
    supply(name, file.read(source, owner), receiver);
  }

  /** Numbers and scales go to those that are in the model; what is the same for all of them, or small, is kept. */
  private void supply(String name, QuantizedTensor found, UnreadWeights.Receiver receiver)
      throws IOException {
    QuantizedTensor expected = tensors.get(name);
    if (expected == null) {
      throw new IllegalStateException(name + " was not expected");
    }
    if (!found.scales().getShape().equals(expected.scales().getShape())
        || found.scales().getDataType() != expected.scales().getDataType()) {
      throw new IOException(
          "the scales of "
              + name
              + " have changed since the model was loaded without its weights;"
              + " load the model again");
    }
    try (NDArray numbers = found.numbers();
        NDArray scales = found.scales()) {
      receiver.receive(name, TensorElements.of(numbers));
      receiver.receive(found.scalesOf(name), TensorElements.of(scales));
    }
    put(name, found.in(expected));
  }

  private NDArray put(String name, QuantizedTensor tensor) {
    tensors.put(name, tensor);
    return tensor.numbers();
  }

  /** Returns the names of the weights. */
  public Set<String> names() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  /** Returns what belongs to a weight in a kernel; nothing if it is not quantized. */
  public List<NDArray> partsOf(String name) {
    QuantizedTensor tensor = tensors.get(name);
    return tensor == null ? List.of() : tensor.parts();
  }

  /**
   * Returns the values that a weight stands for, float32, as it lies where it is not quantized.
   *
   * @param name one of {@link #names}
   * @param of the result
   */
  public NDArray values(String name, NDManager of) {
    QuantizedTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalStateException(name + " is not quantized");
    }
    try (Autograd.Recording off = Autograd.record(false);
        ArrayScope scope = ArrayScope.open()) {
      NDArray values = tensor.values(of);
      return ArrayScope.keep(
          layers.isTransposed(name)
              ? QuantizationKernels.get().tensor(of, "transposed", values)
              : values,
          of);
    }
  }

  /** Returns what the scales of a weight are called in the model's state; null if it is not quantized. */
  public @Nullable String scalesOf(String name) {
    QuantizedTensor tensor = tensors.get(name);
    return tensor == null ? null : tensor.scalesOf(name);
  }

  /** Returns all that belongs to the weights in a file, by its name there. */
  public Map<String, NDArray> belongings() {
    Map<String, NDArray> all = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> all.putAll(tensor.saved(name)));
    return all;
  }

  /** Returns a weight and what belongs to it as they are written; null if it is not quantized. */
  public @Nullable List<TensorSource> sources(String name) {
    QuantizedTensor tensor = tensors.get(name);
    if (tensor == null) {
      return null;
    }
    List<TensorSource> sources = new ArrayList<>();
    TensorSource numbers = TensorSource.of(name, tensor.numbers());
    SafetensorsType storage = tensor.storage();
    long width = storage.bits() / 8;
    sources.add(
        storage == numbers.type()
            ? numbers
            : new TensorSource(
                name, storage, new Shape(numbers.byteLength() / width, 1), numbers.content()));
    tensor.saved(name).forEach((end, array) -> sources.add(TensorSource.of(end, array)));
    return sources;
  }

  /** Returns a configuration that tells what is quantized and how. */
  public PretrainedConfig describedIn(PretrainedConfig given) {
    return QuantizationKeys.write(given, config, compute, layers.skipped(tensors.keySet()));
  }

  /** Returns the bytes in memory. */
  public long bytes() {
    return tensors.values().stream().mapToLong(QuantizedTensor::bytes).sum();
  }

  /** Returns the bytes that the weights would take in float32. */
  public long bytesOfFloat32() {
    return 4 * tensors.values().stream().mapToLong(tensor -> tensor.shape().size()).sum();
  }

  /** Frees the arrays. */
  public void close() {
    for (QuantizedTensor tensor : tensors.values()) {
      tensor.numbers().close();
      tensor.parts().forEach(NDArray::close);
      tensor.saved().values().forEach(NDArray::close);
    }
  }
}
