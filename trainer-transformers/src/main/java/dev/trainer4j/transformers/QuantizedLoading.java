// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.checkpoint.ModelTensors;
import dev.trainer4j.model.UnreadWeights;
import dev.trainer4j.transformers.architecture.Architecture;
import dev.trainer4j.transformers.architecture.TensorSpec;
import dev.trainer4j.transformers.quantization.LinearLayers;
import dev.trainer4j.transformers.quantization.QuantizationKeys;
import dev.trainer4j.transformers.quantization.QuantizedFile;
import dev.trainer4j.transformers.quantization.QuantizedWeights;
import java.io.IOException;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/** Which tensors of a model become quantized weights while it is loaded, or are such in the folder. */
final class QuantizedLoading {

  private final LinearLayers layers;
  private final @Nullable QuantizedFile file;
  private final @Nullable QuantizedWeights weights;

  /** Weights that are quantized as they come; none where the folder has them so. */
  private final Set<String> chosen;

  private QuantizedLoading(
      LinearLayers layers,
      @Nullable QuantizedFile file,
      @Nullable QuantizedWeights weights,
      Set<String> chosen) {
    this.layers = layers;
    this.file = file;
    this.weights = weights;
    this.chosen = chosen;
  }

  /**
   * Decides.
   *
   * @param config of the folder
   * @param tensors of the folder; null if there is none
   * @param manager owner of the weights
   * @throws PretrainedException if folder and options do not agree
   */
  static QuantizedLoading of(
      PretrainedConfig config,
      LoadOptions options,
      @Nullable ModelTensors tensors,
      Architecture architecture,
      NDManager manager)
      throws IOException {
    LinearLayers layers = new LinearLayers(architecture, keptWide(architecture));
    QuantizedFile file = tensors == null ? null : QuantizedFile.of(tensors);
    boolean already = file != null && !file.isEmpty();
    QuantizationConfig asked = options.quantization();
    QuantizationConfig found =
        tensors != null && QuantizationKeys.isIn(config) ? QuantizationKeys.read(config) : null;
    if (already != (found != null)) {
      throw new PretrainedException(
          config.source()
              + (already ? " has no " : " has a ")
              + QuantizationKeys.KEY
              + ", but the folder's tensors are "
              + (already ? "" : "not ")
              + "quantized. Is it that of these weights?"
              + (already
                  ? ""
                  : " To quantize them, remove the key and set LoadOptions.withQuantization"));
    }
    if (found != null) {
      QuantizationConfig used = agreed(config, found, asked);
      return new QuantizedLoading(
          layers, file, new QuantizedWeights(used, layers, manager), Set.of());
    }
    return asked == null
        ? new QuantizedLoading(layers, file, null, Set.of())
        : new QuantizedLoading(
            layers,
            file,
            new QuantizedWeights(asked, layers, manager),
            layers.quantized(asked.llmInt8SkipModules()));
  }

  private static Set<String> keptWide(Architecture architecture) {
    return architecture.tensors().stream()
        .map(TensorSpec::name)
        .filter(name -> architecture.dtype(name, Dtype.FLOAT16) == Dtype.FLOAT32)
        .collect(Collectors.toSet());
  }

  private static QuantizationConfig agreed(
      PretrainedConfig config, QuantizationConfig found, @Nullable QuantizationConfig asked) {
    if (asked == null) {
      return found;
    }
    boolean same =
        asked.describe().equals(found.describe())
            && (asked.llmInt8SkipModules().isEmpty()
                || asked.llmInt8SkipModules().equals(found.llmInt8SkipModules()));
    if (!same) {
      throw new PretrainedException(
          config.source()
              + ": the folder's weights are "
              + found.describe()
              + " already, without "
              + found.llmInt8SkipModules()
              + ", but LoadOptions.withQuantization asks for "
              + asked.describe()
              + ", without "
              + asked.llmInt8SkipModules()
              + ": leave the option out, or load the folder of the model before quantization");
    }
    return found.withComputeDtype(asked.bnb4bitComputeDtype());
  }

  /** Returns the tensors of the folder as the model's are held against them. */
  @Nullable FolderTensors folder(@Nullable ModelTensors tensors) throws IOException {
    return tensors == null || file == null ? null : new FolderTensors(tensors, file, layers);
  }

  /** Returns whether a tensor does not stay an array of floating point. */
  boolean concerns(String name, String source) {
    return isChosen(name) || (file != null && file.isQuantized(source));
  }

  /** Returns whether a tensor is to be quantized. */
  boolean isChosen(String name) {
    return chosen.contains(name);
  }

  /** Reads a weight that is quantized in the folder; returns null for one that is not. */
  @Nullable NDArray read(String name, String source) throws IOException {
    return file != null && weights != null && file.isQuantized(source)
        ? weights.read(name, file, source)
        : null;
  }

  /** Makes room for a chosen weight. */
  void reserve(String name, Shape shape) {
    if (weights != null) {
      weights.reserve(name, shape);
    }
  }

  /** Quantizes a chosen weight; returns what the model has in its place. */
  NDArray quantize(String name, NDArray array, Dtype dtype) {
    if (weights == null) {
      throw new IllegalStateException(name + " is not to be quantized");
    }
    return weights.add(name, array, dtype);
  }

  /**
   * Makes the tensors of a weight that is quantized, or read, later; returns what the model has in its place, and null for a weight
   * that stays as it is.
   *
   * @param source its name in the folder; null if it is drawn
   */
  @Nullable NDArray expect(String name, @Nullable String source, Shape shape) throws IOException {
    if (weights == null) {
      return null;
    }
    if (isChosen(name)) {
      return weights.expect(name, shape);
    }
    return source != null && file != null && file.isQuantized(source)
        ? weights.expect(name, file, source)
        : null;
  }

  /** Returns the same decisions for a folder that has been opened again. */
  QuantizedLoading reopened(ModelTensors tensors) throws IOException {
    return new QuantizedLoading(layers, QuantizedFile.of(tensors), weights, chosen);
  }

  /**
   * Shows what a chosen weight becomes, one that was expected.
   *
   * @param array whole, of any type of floating point; stays the caller's
   * @param dtype the type that it has in the model
   * @return whether it is chosen
   */
  boolean quantize(String name, NDArray array, Dtype dtype, UnreadWeights.Receiver receiver)
      throws IOException {
    if (weights == null || !isChosen(name)) {
      return false;
    }
    NDArray cast = dtype.is(array) ? array : dtype.copy(array, array.getManager());
    weights.supply(name, cast, dtype, receiver);
    if (cast != array) {
      cast.close();
    }
    return true;
  }

  /** Reads a weight that is quantized in the folder and shows it; returns whether it is. */
  boolean read(String name, String source, UnreadWeights.Receiver receiver) throws IOException {
    if (weights == null || file == null || !file.isQuantized(source)) {
      return false;
    }
    weights.supply(name, file, source, receiver);
    return true;
  }

  /** Returns the quantized weights; null for a model that has none. */
  @Nullable QuantizedWeights weights() {
    return weights;
  }

  /** Returns the configuration of the model. */
  PretrainedConfig describedIn(PretrainedConfig config) {
    return weights == null ? config.without(QuantizationKeys.KEY) : weights.describedIn(config);
  }

  /** Tells what was quantized. */
  void report(Logger logger) {
    if (weights != null) {
      logger.info(
          "{} linear layers are quantized, {}: {} instead of {} in float32. Products with them are taken"
              + " in {}",
          weights.names().size(),
          weights.config().describe(),
          megabytes(weights.bytes()),
          megabytes(weights.bytesOfFloat32()),
          weights.compute().text());
    }
  }

  private static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
  }
}
