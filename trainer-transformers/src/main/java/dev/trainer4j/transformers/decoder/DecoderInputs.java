// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.torch.TorchFunctions;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What all layers of a pass share: positions, angles, masks, and where documents end.
 *
 * <p>Nothing is masked where nothing needs to be: a batch without padding runs on plain causal attention. Documents that
 * stand one after the other in a row (positions that begin anew, or {@code cu_seq_lens_q}) do not see each other.
 */
final class DecoderInputs {

  static final String POSITIONS = "positions";
  static final String TABLE = "table";
  static final String LENGTHS = "lengths";

  /** The tokens that the layers compute: {@code input_ids}, or those of them that are no padding. */
  static final String TOKENS = "tokens";

  /** The lengths of the stretches of {@link #TOKENS} that attend to themselves alone. */
  static final String SPANS = "spans";

  /** The next token for each of {@link #TOKENS}, -100 for those that do not count; not there where all logits are to be made. */
  static final String TARGETS = "targets";

  private static final String MASK = "mask:";

  private final DecoderSpec spec;
  private final DecoderKernels kernels;

  DecoderInputs(DecoderSpec spec, DecoderKernels kernels) {
    this.spec = spec;
    this.kernels = kernels;
  }

  /** Returns the name of the mask of layers with this window. */
  static String mask(int window) {
    return MASK + window;
  }

  /**
   * Makes what a pass shares.
   *
   * @param lossOnly whether nobody looks at logits
   */
  Map<String, NDArray> shared(ModelInputs inputs, boolean lossOnly) {
    NDArray ids = inputs.get("input_ids");
    if (ids.getShape().dimension() != 2) {
      throw new IllegalArgumentException(
          "input_ids has shape " + ids.getShape() + ", expected [batch, length]");
    }
    int length = Math.toIntExact(ids.getShape().get(1));
    NDArray padding = padding(inputs);
    NDArray given = inputs.find("position_ids").orElse(null);
    if (!padding.isEmpty() && inputs.find("cu_seq_lens_q").isPresent()) {
      throw new IllegalArgumentException(
          "attention_mask hides tokens, but cu_seq_lens_q bounds documents without padding: leave out"
              + " one of them");
    }
    NDArray lengths = padding.isEmpty() ? lengths(inputs, ids) : kernels.absent();
    if (given == null && lengths.size() > 0) {
      given = kernels.restartingPositions(ids, lengths);
    }
    int count = given == null ? length : 1 + (int) TorchFunctions.number(given.max());
    if (spec.rotary() == null && count > spec.positions()) {
      throw new IllegalArgumentException(
          "input_ids has "
              + count
              + " positions, but the model learned "
              + spec.positions()
              + " (n_positions): truncate the texts");
    }
    NDArray labels = lossOnly ? labels(inputs) : null;
    Unpadding unpadded =
        labels != null && given == null && !padding.isEmpty()
            ? Unpadding.of(kernels, inputs, padding, labels)
            : null;
    if (unpadded != null) {
      return shared(unpadded, count);
    }
    NDArray positions =
        given == null
            ? ids.getManager().arange(0, length, 1, DataType.INT64)
            : given.toType(DataType.INT64, false);
    Map<String, NDArray> shared = new HashMap<>();
    shared.put(POSITIONS, positions);
    shared.put(TABLE, kernels.angles(positions, count));
    shared.put(LENGTHS, lengths);
    shared.put(TOKENS, ids);
    shared.put(SPANS, lengths);
    if (labels != null) {
      NDArray targets = kernels.call("sparse_targets", labels, lengths);
      if (!targets.isEmpty()) {
        shared.put(TARGETS, targets);
      }
    }
    for (int window : spec.windows()) {
      shared.computeIfAbsent(mask(window), name -> mask(ids, padding, lengths, length, window));
    }
    return shared;
  }

  /**
   * Returns the labels of single tokens; null where leaving out what does not count would cost more than it saves: on a GPU, which
   * is waited for to know how much that is.
   */
  private static @Nullable NDArray labels(ModelInputs inputs) {
    NDArray ids = inputs.get("input_ids");
    return inputs
        .find("labels")
        .filter(found -> found.getShape().equals(ids.getShape()) && !ids.getDevice().isGpu())
        .orElse(null);
  }

  private Map<String, NDArray> shared(Unpadding unpadded, int count) {
    Map<String, NDArray> shared = new HashMap<>();
    shared.put(POSITIONS, unpadded.positions());
    shared.put(TABLE, kernels.angles(unpadded.positions(), count));
    shared.put(LENGTHS, unpadded.lengths());
    shared.put(TOKENS, unpadded.ids());
    shared.put(SPANS, unpadded.lengths());
    shared.put(TARGETS, unpadded.targets());
    spec.windows().forEach(window -> shared.put(mask(window), kernels.absent()));
    return shared;
  }

  private NDArray mask(NDArray ids, NDArray padding, NDArray lengths, int length, int window) {
    boolean narrow = window > 0 && length > window && lengths.size() == 0;
    return padding.isEmpty() && !narrow
        ? kernels.absent()
        : kernels.mask(ids, padding, length, window);
  }

  /** The attention mask if it hides anything, else an empty array. */
  private NDArray padding(ModelInputs inputs) {
    NDArray mask = inputs.find("attention_mask").orElse(null);
    if (mask == null) {
      return kernels.absent();
    }
    if (!mask.getShape().equals(inputs.get("input_ids").getShape())) {
      throw new IllegalArgumentException(
          "attention_mask has shape "
              + mask.getShape()
              + ", expected that of input_ids, "
              + inputs.get("input_ids").getShape());
    }
    return kernels.hidesNothing(mask) ? kernels.absent() : mask;
  }

  private NDArray lengths(ModelInputs inputs, NDArray ids) {
    NDArray bounds = inputs.find("cu_seq_lens_q").orElse(null);
    NDArray positions = inputs.find("position_ids").orElse(null);
    if (bounds != null) {
      return boundedLengths(bounds, ids);
    }
    if (positions == null) {
      return kernels.absent();
    }
    NDArray lengths = kernels.documentLengths(ids, positions);
    // One document a row: the rows are apart anyway.
    return lengths.size() == ids.getShape().get(0) ? kernels.absent() : lengths;
  }

  private NDArray boundedLengths(NDArray bounds, NDArray ids) {
    NDArray lengths = kernels.boundedLengths(bounds);
    long sum = (long) TorchFunctions.number(lengths.sum());
    if (sum != ids.size() || TorchFunctions.number(lengths.min()) < 1) {
      throw new IllegalArgumentException(
          "cu_seq_lens_q bounds documents of "
              + Arrays.toString(lengths.toLongArray())
              + " tokens, but input_ids has "
              + ids.size()
              + " in all: it must rise from 0 to that");
    }
    return lengths;
  }
}
