// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.checkpoint.ModelTensors;
import dev.trainer4j.checkpoint.ModelTensorsWriter;
import dev.trainer4j.checkpoint.SafetensorsType;
import dev.trainer4j.checkpoint.SafetensorsWriter;
import dev.trainer4j.checkpoint.TensorFile;
import dev.trainer4j.checkpoint.TensorInfo;
import dev.trainer4j.checkpoint.TensorSource;
import dev.trainer4j.checkpoint.pytorch.PytorchWeights;
import dev.trainer4j.torch.Bfloat16;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes the weights of a folder, of a model or of an adapter, anew as safetensors: in another type, in files of another size, or
 * out of PyTorch's {@code .bin} files. The model is not built, and memory holds one tensor at a time.
 *
 * <pre>{@code
 * FolderConverter.convert(in, out, SaveOptions.defaults().withDtype(Dtype.BFLOAT16));
 * }</pre>
 */
public final class FolderConverter {

  private static final String ADAPTER = "adapter_model.safetensors";
  private static final String PICKLED_ADAPTER = "adapter_model.bin";

  /** What a type of weights applies to; numbers of 8 bits and fewer belong to quantized weights. */
  private static final Set<SafetensorsType> CAST =
      EnumSet.of(
          SafetensorsType.F64, SafetensorsType.F32, SafetensorsType.F16, SafetensorsType.BF16);

  private final Path source;
  private final @Nullable Dtype dtype;

  private final boolean isT5;

  private FolderConverter(Path source, @Nullable Dtype dtype, boolean isT5) {
    this.source = source;
    this.dtype = dtype;
    this.isT5 = isT5;
  }

  /**
   * Writes the weights of a folder into another one, and {@code config.json}, which tells their type, with them. Other files are the
   * caller's to copy.
   *
   * <p>Of tensors that share their memory in a {@code .bin} file, the first is written, as transformers does. Every floating tensor
   * is cast, rounded to nearest, ties to even; with float16 T5's {@code wo} stays float32, as in
   * transformers.
   *
   * @param in holds a model or an adapter, as safetensors or {@code .bin}
   * @param out must exist and be another folder
   * @param options an adapter is one file, whatever its size
   * @return what was written
   * @throws IOException if a file is missing, damaged or cannot be written
   * @throws PretrainedException if the weights are quantized and another type is asked for, or a value is beyond the range of
   *     float16; then {@code out} is not complete
   */
  public static ConvertedWeights convert(Path in, Path out, SaveOptions options)
      throws IOException {
    Path adapter = in.resolve(ADAPTER);
    Path pickled = in.resolve(PICKLED_ADAPTER);
    if (Files.exists(adapter) || Files.exists(pickled)) {
      boolean safe = Files.exists(adapter);
      try (TensorFile tensors =
          safe ? ModelTensors.of(adapter) : PytorchWeights.FORMAT.opener().open(pickled)) {
        return new FolderConverter(tensors.source(), options.dtype(), false).adapter(tensors, out);
      }
    }
    PretrainedConfig config =
        Files.exists(in.resolve(PretrainedConfig.FILE_NAME)) ? PretrainedConfig.read(in) : null;
    if (config != null && config.has("quantization_config") && options.dtype() != null) {
      throw new PretrainedException(
          config.source()
              + ": the weights are quantized, and the type of what belongs to them is part of their"
              + " format: leave the type as it is, or dequantize the model first");
    }
    boolean isT5 = config != null && config.modelType().endsWith("t5");
    try (ModelTensors tensors = ModelTensors.openPretrained(in, PytorchWeights.FORMAT)) {
      return new FolderConverter(tensors.source(), options.dtype(), isT5)
          .model(tensors, config, out, options);
    }
  }

  private ConvertedWeights adapter(TensorFile tensors, Path out) throws IOException {
    List<TensorSource> sources = sources(tensors);
    SafetensorsWriter.write(out.resolve(ADAPTER), sources, Map.of("format", "pt"));
    return ConvertedWeights.of(source, tensors, sources);
  }

  private ConvertedWeights model(
      ModelTensors tensors, @Nullable PretrainedConfig config, Path out, SaveOptions options)
      throws IOException {
    List<TensorSource> sources = sources(tensors);
    ModelTensorsWriter.write(out, sources, options.maxShardSize());
    if (config != null) {
      Files.writeString(
          out.resolve(PretrainedConfig.FILE_NAME),
          (dtype == null ? config : config.withDtype(dtype)).toJson());
    }
    return ConvertedWeights.of(source, tensors, sources);
  }

  private List<TensorSource> sources(TensorFile tensors) throws IOException {
    List<TensorSource> sources = new ArrayList<>();
    Set<List<Object>> places = new HashSet<>();
    for (String name : tensors.names()) {
      TensorInfo info = tensors.info(name);
      boolean empty = info.byteLength() == 0;
      if (empty || places.add(List.of(home(tensors, name), info.fileOffset(), info.shape()))) {
        sources.add(source(tensors, info));
      }
    }
    return sources;
  }

  /** Offsets of different files have nothing to do with each other. */
  private static Object home(TensorFile tensors, String name) throws IOException {
    return tensors instanceof ModelTensors model ? model.fileOf(name) : tensors.source();
  }

  private TensorSource source(TensorFile tensors, TensorInfo info) {
    Dtype wanted = wanted(info.name());
    if (wanted != null && CAST.contains(info.type()) && info.type() != wanted.stored()) {
      return new TensorSource(
          info.name(),
          wanted.stored(),
          info.shape(),
          channel -> writeCast(tensors, info.name(), wanted, channel));
    }
    return new TensorSource(
        info.name(), info.type(), info.shape(), channel -> writeAsIs(tensors, info, channel));
  }

  /** Float16 is too narrow for some of what T5 computes, where transformers keeps float32. */
  private @Nullable Dtype wanted(String name) {
    return dtype == Dtype.FLOAT16 && isT5 && name.endsWith(".wo.weight") ? Dtype.FLOAT32 : dtype;
  }

  private static void writeAsIs(TensorFile tensors, TensorInfo info, WritableByteChannel channel)
      throws IOException {
    if (info.byteLength() <= Integer.MAX_VALUE - 8) {
      ByteBuffer bytes = tensors.bytes(info.name());
      channel.write(bytes);
      return;
    }
    try (NDManager manager = NDManager.newBaseManager(Device.cpu());
        NDArray array = tensors.read(info.name(), manager)) {
      TensorSource.of(info.name(), array).content().writeTo(channel);
    }
  }

  private void writeCast(TensorFile tensors, String name, Dtype wanted, WritableByteChannel channel)
      throws IOException {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu());
        NDArray array = tensors.read(name, manager);
        NDArray copy = wanted.copy(array, manager)) {
      if (wanted == Dtype.FLOAT16) {
        refuseOverflow(name, array, copy, manager);
      }
      TensorSource.of(name, copy).content().writeTo(channel);
    }
  }

  /** What is beyond float16 would become infinite, and so would what the model gives. */
  private void refuseOverflow(String name, NDArray before, NDArray after, NDManager manager) {
    try (NDManager scratch = manager.newSubManager()) {
      NDArray wide = Bfloat16.toFloat32(before, scratch);
      NDArray narrow = Bfloat16.toFloat32(after, scratch);
      long lost =
          narrow.isInfinite().logicalAnd(wide.isInfinite().logicalNot()).countNonzero().getLong();
      if (lost > 0) {
        throw new PretrainedException(
            source
                + ": "
                + lost
                + " values of tensor "
                + name
                + " are beyond the 65504 of float16: take bfloat16, which has the range of"
                + " float32");
      }
    }
  }
}
