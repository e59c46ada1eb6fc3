// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.seq2seq;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.data.ModelInputs;
import java.util.HashMap;
import java.util.Map;

/**
 * What all segments of a pass share: masks, and what the decoder reads.
 *
 * <p>The decoder reads {@code decoder_input_ids}, or else the labels one place later, after the token
 * it begins with; under a head that writes no text the input takes the place of the labels.
 */
final class Seq2SeqInputs {

  static final String MASK = "mask";
  static final String DECODER_IDS = "decoder_ids";
  static final String DECODER_MASK = "decoder_mask";

  private final Seq2SeqSpec spec;
  private final Seq2SeqHead head;
  private final Seq2SeqKernels kernels;

  Seq2SeqInputs(Seq2SeqSpec spec, Seq2SeqHead head, Seq2SeqKernels kernels) {
    this.spec = spec;
    this.head = head;
    this.kernels = kernels;
  }

  Map<String, NDArray> shared(ModelInputs inputs) {
    Map<String, NDArray> shared = encoderShared(inputs);
    NDArray ids = decoderIds(inputs);
    check("decoder_input_ids", ids);
    head.check(inputs, ids, kernels);
    shared.put(DECODER_IDS, ids);
    shared.put(DECODER_MASK, mask(inputs, "decoder_attention_mask", ids, "decoder_input_ids"));
    return shared;
  }

  /** The part of it that the encoder needs. */
  Map<String, NDArray> encoderShared(ModelInputs inputs) {
    NDArray ids = inputs.get("input_ids");
    check("input_ids", ids);
    Map<String, NDArray> shared = new HashMap<>();
    shared.put(MASK, mask(inputs, "attention_mask", ids, "input_ids"));
    return shared;
  }

  private void check(String name, NDArray ids) {
    if (ids.getShape().dimension() != 2) {
      throw new IllegalArgumentException(
          name + " has shape " + ids.getShape() + ", expected [batch, length]");
    }
    checkPositions(name, ids.getShape().get(1));
  }

  /** Refuses more positions than were learned. */
  void checkPositions(String name, long count) {
    if (spec.positions() > 0 && count > spec.positions()) {
      throw new IllegalArgumentException(
          name
              + " asks for "
              + count
              + " positions, but the model learned "
              + spec.positions()
              + " (max_position_embeddings): truncate the texts");
    }
  }

  private NDArray decoderIds(ModelInputs inputs) {
    NDArray given = inputs.find("decoder_input_ids").orElse(null);
    if (given != null) {
      return given;
    }
    NDArray labels = head.writesText() ? inputs.find("labels").orElse(null) : null;
    if (labels == null && !spec.isT5()) {
      // As in transformers, where BART then reads its own input.
      labels = inputs.get("input_ids");
    }
    if (labels == null) {
      throw new IllegalArgumentException(
          "there are neither labels nor decoder_input_ids, but the decoder must read something: to"
              + " write a text, use Generator");
    }
    return shifted(labels);
  }

  /** Returns labels one place later, after the decoder's start. */
  NDArray shifted(NDArray labels) {
    if (labels.getShape().dimension() != 2) {
      throw new IllegalArgumentException(
          "labels has shape " + labels.getShape() + ", expected [batch, length]");
    }
    if (spec.decoderStartTokenId() < 0) {
      throw new IllegalArgumentException(
          "config.json has no decoder_start_token_id, which the decoder begins with: set it (T5 takes"
              + " its pad_token_id), or give decoder_input_ids");
    }
    return kernels
        .evaluation()
        .call(
            "shift_right",
            labels,
            kernels.token(spec.decoderStartTokenId()),
            kernels.token(spec.padTokenId()))
        .get(0);
  }

  private NDArray mask(ModelInputs inputs, String name, NDArray ids, String idsName) {
    NDArray mask = inputs.find(name).orElse(null);
    if (mask == null) {
      return kernels.evaluation().absent();
    }
    if (!mask.getShape().equals(ids.getShape())) {
      throw new IllegalArgumentException(
          name
              + " has shape "
              + mask.getShape()
              + ", expected that of "
              + idsName
              + ", "
              + ids.getShape());
    }
    return kernels.evaluation().call("mask", mask).get(0);
  }
}
