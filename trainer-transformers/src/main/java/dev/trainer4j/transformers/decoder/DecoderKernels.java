// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.decoder;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.model.ForwardPass;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.ScriptKernels;
import dev.trainer4j.torch.TorchFunctions;
import dev.trainer4j.transformers.ProblemType;
import dev.trainer4j.transformers.architecture.KernelLayout;
import dev.trainer4j.transformers.architecture.KernelText;
import dev.trainer4j.transformers.architecture.KernelWeights;
import dev.trainer4j.transformers.architecture.ModelKernels;
import dev.trainer4j.transformers.architecture.Slots;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The calls into {@code decoder.py}, with the constants of one model. */
final class DecoderKernels implements AutoCloseable {

  private static final int FIRST_TABLE = 512;

  private final DecoderSpec spec;
  private final ModelKernels kernels;

  /** Those without adapters. */
  private final ScriptKernels script;

  /** Scalars that kernels read live on the CPU, whatever the device of the model. */
  private final NDManager scalars;

  private final NDManager tables;
  private final NDArray scale;
  private final NDArray zero;
  private final NDArray embeddingDropout;
  private final Map<Long, NDArray> numbers = new ConcurrentHashMap<>();
  private final List<NDArray> trainingOptions = new ArrayList<>();
  private final List<NDArray> options = new ArrayList<>();
  private @Nullable NDArray table;

  DecoderKernels(DecoderSpec spec, Device device) {
    this.spec = spec;
    kernels =
        KernelText.compile(
            DecoderKernels.class,
            "Decoder",
            Map.of(),
            "decoder.py",
            "basics.py",
            "projection.py",
            "noise.py",
            "dropout.py",
            "caches.py");
    script = kernels.plain();
    scalars = NDManager.newBaseManager(Device.cpu(), "PyTorch");
    tables = NDManager.newBaseManager(device, "PyTorch");
    scalars.setName("decoder constants");
    tables.setName("decoder tables");
    scale = keep(scalars.create(spec.embeddingScale()));
    zero = keep(scalars.create(0.0));
    embeddingDropout = keep(scalars.create(spec.dropout().embedding()));
    for (int i = 0; i < spec.layers(); i++) {
      trainingOptions.add(keep(scalars.create(spec.options(i, true))));
      options.add(keep(scalars.create(spec.options(i, false))));
    }
  }

  private NDArray keep(NDArray array) {
    return ArrayScope.keep(array, scalars);
  }

  /** Returns the kernels for weights of a layout. */
  ScriptKernels script(KernelLayout layout) {
    return kernels.with(layout);
  }

  private NDList call(
      String method, ForwardPass pass, KernelWeights weights, NDArray... arguments) {
    return kernels.call(method, pass.products(), weights, arguments);
  }

  /** Returns slots of a kernel, with an empty name for what the family lacks. */
  Slots slots(List<String> names) {
    return kernels.slots(names);
  }

  /** Returns the empty array that stands for a missing argument. */
  NDArray absent() {
    return script.absent();
  }

  NDList embed(NDArray ids, NDArray positions, ForwardPass pass, KernelWeights weights) {
    NDArray dropout = pass.training() ? embeddingDropout : zero;
    return call("embed", pass, weights, ids, positions, scale, dropout);
  }

  NDList layer(
      int layer,
      NDArray hidden,
      NDArray angles,
      NDArray mask,
      NDArray lengths,
      ForwardPass pass,
      KernelWeights weights) {
    NDArray numbers = (pass.training() ? trainingOptions : options).get(layer);
    return call("layer", pass, weights, hidden, angles, mask, lengths, numbers);
  }

  NDList logits(NDArray hidden, ForwardPass pass, KernelWeights weights) {
    return call("logits", pass, weights, hidden, options.get(0));
  }

  /**
   * Returns logits, the sum of a loss, and the number of labels that count.
   *
   * @param kind what the kernels of the loss are called
   */
  NDList loss(
      String kind, NDArray hidden, NDArray labels, ForwardPass pass, KernelWeights weights) {
    NDArray lengths = pass.get(DecoderInputs.LENGTHS);
    return call("causal_" + kind, pass, weights, hidden, labels, lengths, options.get(0));
  }

  /** Returns the sums of entropies and of hits of logits, so many rows at a time. */
  NDList observe(NDArray logits, NDArray labels, ForwardPass pass, long rows) {
    return script.call("observe", logits, labels, pass.get(DecoderInputs.LENGTHS), scalar(rows));
  }

  /**
   * Returns the sum of a loss and the number of the targets that count, and of these the logarithms of the likelihoods and the targets.
   *
   * @param kind what the kernels of the loss are called
   * @param targets the next token for each of the hidden states read row after row; -100 for those that do not count
   */
  NDList trainedLoss(
      String kind, NDArray hidden, NDArray targets, ForwardPass pass, KernelWeights weights) {
    return call("trained_" + kind, pass, weights, hidden, targets, options.get(0));
  }

  /** Returns the sums of entropies and of hits of logarithms of likelihoods, so many rows at a time. */
  NDList observeTrained(NDArray logs, NDArray targets, long rows) {
    return script.call("observe_trained", logs, targets, scalar(rows));
  }

  /** Returns the targets of labels. */
  NDArray targets(NDArray labels, ForwardPass pass) {
    return script.call("shifted", labels, pass.get(DecoderInputs.LENGTHS)).get(0);
  }

  /** Returns the normed states of the places whose targets count, and these targets. */
  NDList trainedStates(NDArray hidden, NDArray targets, ForwardPass pass, KernelWeights weights) {
    return call("trained_states", pass, weights, hidden, targets, options.get(0));
  }

  /**
   * Returns the sums of losses, of labels, of entropies and of hits, and the gradients of the loss.
   *
   * @param rows how many rows of logits there are at a time
   * @param gradients 0 for none, 1 for that of the states, 2 for that of the projection too
   */
  NDList chunkedLoss(
      NDArray states,
      NDArray labels,
      ForwardPass pass,
      KernelWeights weights,
      long rows,
      int gradients) {
    return call("chunked_loss", pass, weights, states, labels, scalar(rows), scalar(gradients));
  }

  /** Returns a loss whose gradients are given. */
  NDArray withGradients(
      NDArray loss,
      NDArray states,
      NDArray ofStates,
      NDArray ofProjection,
      ForwardPass pass,
      KernelWeights weights) {
    return call("with_gradients", pass, weights, loss, states, ofStates, ofProjection).get(0);
  }

  /** Returns the kernel's number of a problem. */
  static int problem(ProblemType type) {
    return switch (type) {
      case SINGLE_LABEL_CLASSIFICATION -> 1;
      case MULTI_LABEL_CLASSIFICATION -> 2;
      case REGRESSION -> 3;
    };
  }

  /**
   * Classifies texts.
   *
   * @param paddingId the token that pads, -1 if unknown
   * @param problem 0 to infer it, else that of {@link #problem}
   */
  NDList classify(
      NDArray hidden,
      NDArray ids,
      NDArray attentionMask,
      @Nullable NDArray labels,
      int paddingId,
      int problem,
      ForwardPass pass,
      KernelWeights weights) {
    NDArray numbers = options.get(0);
    return labels == null
        ? call("pooled", pass, weights, hidden, ids, attentionMask, scalar(paddingId), numbers)
        : call(
            "classify",
            pass,
            weights,
            hidden,
            ids,
            labels,
            attentionMask,
            scalar(paddingId),
            scalar(problem),
            numbers);
  }

  boolean hidesNothing(NDArray attentionMask) {
    return TorchFunctions.number(script.call("hides_nothing", attentionMask).get(0)) != 0;
  }

  NDArray mask(NDArray ids, NDArray attentionMask, int length, int window) {
    return script.call("training_mask", ids, attentionMask, scalar(length), scalar(window)).get(0);
  }

  /** Few differ: windows, the lengths of batches, and what pads. */
  private NDArray scalar(long value) {
    return numbers.computeIfAbsent(value, number -> keep(scalars.create(number.longValue())));
  }

  /** Calls a kernel without weights that returns one tensor. */
  NDArray call(String method, NDArray... arguments) {
    return script.call(method, arguments).get(0);
  }

  /** Calls a kernel without weights that returns several tensors. */
  NDList calls(String method, NDArray... arguments) {
    return script.call(method, arguments);
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
    // The table outlives the pass; the rows taken from it belong to whoever owns the inputs.
    NDManager owner = positions.getManager();
    NDArray rows = script.call("rotary_rows", table(rotary, count, owner), positions).get(0);
    rows.attach(owner);
    return rows;
  }

  /**
   * Returns a table of at least {@code count} positions: computed once, and again when it must grow.
   *
   * @param owner of a table that is good for this length alone
   */
  NDArray table(int count, NDManager owner) {
    RotaryEmbedding rotary = spec.rotary();
    return rotary == null ? absent() : table(rotary, count, owner);
  }

  private synchronized NDArray table(RotaryEmbedding rotary, int count, NDManager owner) {
    if (rotary.dependsOn(count)) {
      return compute(rotary, count, count, owner);
    }
    NDArray known = table;
    if (known == null || known.getShape().get(1) < count) {
      int rows = Math.max(FIRST_TABLE, Integer.highestOneBit(Math.max(1, count - 1)) * 2);
      // The smaller one stays: another thread may be reading it. All together are twice the last.
      NDArray grown = ArrayScope.keep(compute(rotary, rows, count, tables), tables);
      table = grown;
      return grown;
    }
    return known;
  }

  private NDArray compute(RotaryEmbedding rotary, int rows, int length, NDManager owner) {
    try (NDArray frequencies = tables.create(rotary.frequencies(length));
        NDArray scaling = scalars.create(rotary.scaling())) {
      NDArray made = script.call("rotary_table", frequencies, scalar(rows), scaling).get(0);
      made.attach(owner);
      return made;
    }
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
    kernels.close();
    scalars.close();
    tables.close();
  }
}
