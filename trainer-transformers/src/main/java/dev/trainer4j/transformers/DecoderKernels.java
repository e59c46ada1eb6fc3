// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.ScriptKernels;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The calls into {@code decoder.py}, with the constants of one model. */
final class DecoderKernels implements AutoCloseable {

  private static final int FIRST_TABLE = 512;

  private final DecoderSpec spec;
  private final ScriptKernels script;

  /** Scalars that kernels read live on the CPU, whatever the device of the model. */
  private final NDManager scalars;

  private final NDManager tables;
  private final NDArray none;
  private final NDArray scale;
  private final NDArray zero;
  private final NDArray embeddingDropout;
  private final NDArray paddingId;
  private final List<NDArray> trainingOptions = new ArrayList<>();
  private final List<NDArray> options = new ArrayList<>();
  private @Nullable NDArray table;

  DecoderKernels(DecoderSpec spec, int paddingId, Device device) {
    this.spec = spec;
    script = KernelText.compile("decoder.py", "Decoder", Map.of());
    scalars = NDManager.newBaseManager(Device.cpu(), "PyTorch");
    tables = NDManager.newBaseManager(device, "PyTorch");
    scalars.setName("decoder constants");
    tables.setName("decoder tables");
    none = keep(scalars.create(new float[0]));
    scale = keep(scalars.create(spec.embeddingScale()));
    zero = keep(scalars.create(0.0));
    embeddingDropout = keep(scalars.create(spec.dropout().embedding()));
    this.paddingId = keep(scalars.create((long) paddingId));
    for (int i = 0; i < spec.layers(); i++) {
      trainingOptions.add(keep(scalars.create(spec.options(i, true))));
      options.add(keep(scalars.create(spec.options(i, false))));
    }
  }

  private NDArray keep(NDArray array) {
    return ArrayScope.keep(array, scalars);
  }

  ScriptKernels script() {
    return script;
  }

  /** Returns the empty array that stands for a missing argument. */
  NDArray absent() {
    return script.absent();
  }

  /** Returns one array for each slot: an empty one for an empty name, else the next of {@code arrays}. */
  List<NDArray> spread(List<String> slots, List<NDArray> arrays) {
    List<NDArray> spread = new ArrayList<>(slots.size());
    int next = 0;
    for (String slot : slots) {
      spread.add(slot.isEmpty() ? none : arrays.get(next++));
    }
    return spread;
  }

  NDList embed(NDArray ids, NDArray positions, boolean training, List<NDArray> weights) {
    return script.call("embed", weights, ids, positions, scale, training ? embeddingDropout : zero);
  }

  NDList layer(
      int layer,
      NDArray hidden,
      NDArray angles,
      NDArray mask,
      NDArray lengths,
      boolean training,
      List<NDArray> weights) {
    NDArray numbers = (training ? trainingOptions : options).get(layer);
    return script.call("layer", weights, hidden, angles, mask, lengths, numbers);
  }

  NDList logits(NDArray hidden, List<NDArray> weights) {
    return script.call("logits", weights, hidden, options.get(0));
  }

  NDList causalLoss(NDArray hidden, NDArray labels, NDArray lengths, List<NDArray> weights) {
    return script.call("causal_loss", weights, hidden, labels, lengths, options.get(0));
  }

  NDList classify(NDArray hidden, NDArray ids, @Nullable NDArray labels, List<NDArray> weights) {
    return labels == null
        ? script.call("pooled", weights, hidden, ids, paddingId, options.get(0))
        : script.call("classify", weights, hidden, ids, labels, paddingId, options.get(0));
  }

  boolean hidesNothing(NDArray attentionMask) {
    return dev.trainer4j.torch.TorchFunctions.number(
            script.call("hides_nothing", attentionMask).get(0))
        != 0;
  }

  NDArray mask(NDArray ids, NDArray attentionMask, int length, int window) {
    return script.call("training_mask", ids, attentionMask, scalar(length), scalar(window)).get(0);
  }

  private NDArray scalar(long value) {
    return scalars.create(value);
  }

  NDArray documentLengths(NDArray ids, NDArray positions) {
    return script.call("document_lengths", ids, positions).get(0);
  }

  NDArray boundedLengths(NDArray bounds) {
    return script.call("bounded_lengths", bounds).get(0);
  }

  NDArray restartingPositions(NDArray ids, NDArray lengths) {
    return script.call("restarting_positions", ids, lengths).get(0);
  }

  /**
   * Returns cosines and sines for {@code positions}, all below {@code count}; an empty array if the model has learned
   * positions instead.
   */
  NDArray angles(NDArray positions, int count) {
    RotaryEmbedding rotary = spec.rotary();
    if (rotary == null) {
      return absent();
    }
    return script.call("rotary_rows", table(rotary, count), positions).get(0);
  }

  /** Returns a table of at least {@code count} positions: computed once, and again when it must grow. */
  synchronized NDArray table(int count) {
    RotaryEmbedding rotary = spec.rotary();
    return rotary == null ? absent() : table(rotary, count);
  }

  private synchronized NDArray table(RotaryEmbedding rotary, int count) {
    if (rotary.dependsOn(count)) {
      return compute(rotary, count, count);
    }
    NDArray known = table;
    if (known == null || known.getShape().get(1) < count) {
      int rows = Math.max(FIRST_TABLE, Integer.highestOneBit(Math.max(1, count - 1)) * 2);
      NDArray grown = ArrayScope.keep(compute(rotary, rows, count), tables);
      if (known != null) {
        known.close();
      }
      table = grown;
      return grown;
    }
    return known;
  }

  private NDArray compute(RotaryEmbedding rotary, int rows, int length) {
    NDArray frequencies = tables.create(rotary.frequencies(length));
    return script
        .call("rotary_table", frequencies, scalar(rows), scalars.create(rotary.scaling()))
        .get(0);
  }

  /** Returns the numbers of all layers one after the other, as {@code decode} takes them. */
  double[] allOptions() {
    int width = spec.options(0, false).length;
    double[] all = new double[width * spec.layers()];
    for (int i = 0; i < spec.layers(); i++) {
      System.arraycopy(spec.options(i, false), 0, all, i * width, width);
    }
    return all;
  }

  NDArray scale() {
    return scale;
  }

  @Override
  public void close() {
    script.close();
    scalars.close();
    tables.close();
  }
}
