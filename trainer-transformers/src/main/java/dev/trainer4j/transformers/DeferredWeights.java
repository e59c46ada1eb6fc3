// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.checkpoint.ModelTensors;
import dev.trainer4j.checkpoint.TensorInfo;
import dev.trainer4j.checkpoint.pytorch.PytorchWeights;
import dev.trainer4j.model.TensorElements;
import dev.trainer4j.model.UnreadWeights;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.MovableTensors;
import dev.trainer4j.torch.Seeds;
import dev.trainer4j.transformers.architecture.Architecture;
import dev.trainer4j.transformers.architecture.TensorSpec;
import dev.trainer4j.transformers.quantization.QuantizedWeights;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** The weights of a model that was made without them: where they are, and what is drawn. */
final class DeferredWeights implements UnreadWeights {

  /** Elements of each tensor that tell one file from another whose tensors are called the same. */
  private static final long SAMPLE = 64;

  private final Architecture architecture;
  private final Dtype dtype;
  private final NDManager manager;
  private final long seed;
  private final @Nullable Path folder;
  private final Map<String, String> sources;
  private final QuantizedLoading quantization;

  /** What the file said when the model was made. */
  private final Map<String, TensorInfo> found = new LinkedHashMap<>();

  private volatile boolean isRead;

  /**
   * Remembers where the tensors of a model are.
   *
   * @param folder null for a model of a configuration alone
   * @param tensors of the folder, open
   * @param sources of each tensor that the folder holds, its name there; the others are drawn
   * @param quantization what is quantized, there or when it is read
   * @throws IOException if the file cannot be read
   */
  DeferredWeights(
      Architecture architecture,
      Dtype dtype,
      NDManager manager,
      long seed,
      @Nullable Path folder,
      @Nullable ModelTensors tensors,
      Map<String, String> sources,
      QuantizedLoading quantization)
      throws IOException {
    this.architecture = architecture;
    this.dtype = dtype;
    this.manager = manager;
    this.seed = seed;
    this.folder = folder;
    this.sources = new LinkedHashMap<>(sources);
    this.quantization = quantization;
    if (tensors != null) {
      for (String source : sources.values()) {
        found.put(source, tensors.info(source));
      }
    }
  }

  /** Makes the tensors, in the order of the architecture: what can be trained requires gradients. */
  Map<String, NDArray> tensors() throws IOException {
    Map<String, NDArray> state = new LinkedHashMap<>();
    for (TensorSpec spec : architecture.tensors()) {
      NDArray tensor = quantization.expect(spec.name(), sources.get(spec.name()), spec.shape());
      if (tensor == null) {
        tensor =
            MovableTensors.create(
                spec.shape(), architecture.dtype(spec.name(), dtype).half(), manager);
      }
      if (spec.trainable() && dtype == Dtype.FLOAT32 && quantization.weights() == null) {
        tensor.setRequiresGradient(true);
      }
      state.put(spec.name(), tensor);
    }
    return state;
  }

  /** Returns whether the model has its weights. */
  boolean isRead() {
    return isRead;
  }

  /** Returns where the weights are, for messages. */
  String place() {
    return folder == null ? "not drawn yet" : "still in " + folder;
  }

  @Override
  public Set<String> names() {
    Set<String> names = new LinkedHashSet<>();
    architecture.tensors().forEach(spec -> names.add(spec.name()));
    QuantizedWeights quantized = quantization.weights();
    if (quantized != null) {
      quantized.names().forEach(name -> names.add(quantized.scalesOf(name)));
    }
    return names;
  }

  /** The folder may be called otherwise on another machine. */
  @Override
  public String identity() throws IOException {
    CRC32C sum = new CRC32C();
    long bytes = 0;
    if (folder != null) {
      try (ModelTensors tensors = open(folder);
          NDManager scratch = manager.newSubManager(Device.cpu())) {
        for (TensorInfo info : found.values()) {
          bytes += info.byteLength();
          sum.update(info.toString().getBytes(StandardCharsets.UTF_8));
          // A pickled tensor is read whole for any part of it.
          if (tensors.fileOf(info.name()).toString().endsWith(".safetensors")) {
            try (NDArray first =
                tensors.read(info.name(), 0, Math.min(SAMPLE, info.shape().size()), scratch)) {
              sum.update(Dtype.FLOAT32.copy(first, scratch).toByteBuffer());
            }
          }
        }
      }
    }
    int drawn = architecture.tensors().size() - sources.size();
    QuantizedWeights quantized = quantization.weights();
    return String.format(
        Locale.ROOT,
        "%d tensors of %.1f MB (checksum of their beginnings %08x)%s%s",
        found.size(),
        bytes / 1e6,
        sum.getValue(),
        drawn == 0 ? "" : " and " + drawn + " that are drawn from seed " + seed,
        quantized == null
            ? ""
            : ", " + quantized.names().size() + " of them " + quantized.config().describe());
  }

  private ModelTensors open(Path from) throws IOException {
    ModelTensors tensors = ModelTensors.openPretrained(from, PytorchWeights.FORMAT);
    try {
      for (TensorInfo info : found.values()) {
        if (!tensors.info(info.name()).equals(info)) {
          throw new IOException(
              tensors.source()
                  + " has changed since the model was loaded without its weights: "
                  + info.name()
                  + " was "
                  + info
                  + ", now it is "
                  + tensors.info(info.name())
                  + "; load the model again");
        }
      }
      return tensors;
    } catch (IOException | RuntimeException e) {
      tensors.close();
      throw e;
    }
  }

  @Override
  public void read(Receiver receiver) throws IOException {
    try {
      Seeds.with(seed, () -> draw(receiver));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    if (folder != null) {
      try (ModelTensors tensors = open(folder)) {
        QuantizedLoading reopened = quantization.reopened(tensors);
        for (Map.Entry<String, String> source : sources.entrySet()) {
          read(source.getKey(), source.getValue(), tensors, reopened, receiver);
        }
      }
    }
    isRead = true;
  }

  /** A weight is quantized as a whole, and the next one is read when it is gone. */
  private void read(
      String name,
      String source,
      ModelTensors tensors,
      QuantizedLoading reopened,
      Receiver receiver)
      throws IOException {
    if (reopened.isChosen(name)) {
      try (ArrayScope scope = ArrayScope.open();
          NDManager once = manager.newSubManager()) {
        reopened.quantize(
            name, tensors.read(source, once), architecture.dtype(name, dtype), receiver);
      }
    } else if (!reopened.read(name, source, receiver)) {
      receiver.receive(name, (start, end, owner) -> tensors.read(source, start, end, owner));
    }
  }

  /** In the order of a model that is made with its weights, and so with the same numbers. */
  private boolean draw(Receiver receiver) {
    for (TensorSpec spec : architecture.tensors()) {
      if (!sources.containsKey(spec.name())) {
        try (Autograd.Recording off = Autograd.record(false);
            ArrayScope scope = ArrayScope.open()) {
          NDArray drawn = spec.initializer().create(manager, spec.shape());
          Dtype wanted = architecture.dtype(spec.name(), dtype);
          if (!quantization.quantize(spec.name(), drawn, wanted, receiver)) {
            receiver.receive(spec.name(), TensorElements.of(drawn));
          }
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
    return true;
  }
}
