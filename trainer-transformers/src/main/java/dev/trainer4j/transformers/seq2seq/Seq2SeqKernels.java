// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.seq2seq;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.model.ForwardPass;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.ScriptKernels;
import dev.trainer4j.transformers.architecture.KernelText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code seq2seq.py} with the constants of one model, with dropout and without. */
final class Seq2SeqKernels implements AutoCloseable {

  private final ScriptKernels training;
  private final ScriptKernels evaluation;
  private final NDManager manager;

  /** Weights are floating point numbers, and so is one that is not there. */
  private final NDArray none;

  Seq2SeqKernels(Seq2SeqSpec spec, Seq2SeqHead head, Device device) {
    training = compile(spec, head, device, spec.dropout(), head.dropout());
    evaluation = compile(spec, head, device, new Seq2SeqSpec.Dropout(0, 0, 0), 0);
    manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
    manager.setName("encoder-decoder constants");
    none = ArrayScope.keep(manager.create(new float[0]), manager);
  }

  private static ScriptKernels compile(
      Seq2SeqSpec spec,
      Seq2SeqHead head,
      Device device,
      Seq2SeqSpec.Dropout dropout,
      double headDropout) {
    Map<String, Object> constants = new LinkedHashMap<>();
    constants.put("activation", spec.activation());
    constants.put("eps", spec.epsilon());
    constants.put("norm_first", spec.isT5());
    constants.put("distance_biases", spec.isT5());
    constants.put("buckets", spec.distances().buckets());
    constants.put("max_distance", spec.distances().max());
    constants.put("position_offset", Seq2SeqTensors.POSITION_OFFSET);
    constants.put("encoder_heads", spec.encoder().heads());
    constants.put("decoder_heads", spec.decoder().heads());
    constants.put("scale", spec.scale());
    constants.put("embedding_scale", spec.embeddingScale());
    constants.put("output_scale", spec.outputScale());
    constants.put("lowest", (double) -Float.MAX_VALUE);
    constants.put("padding_row", spec.isT5() ? -1 : spec.padTokenId());
    constants.put("pad_token_id", spec.padTokenId());
    constants.put("decoder_start_token_id", spec.decoderStartTokenId());
    constants.put("hidden_dropout", dropout.hidden());
    constants.put("attention_dropout", dropout.attention());
    constants.put("activation_dropout", dropout.activation());
    constants.put("drop_scores", !device.isGpu());
    constants.put("head_dropout", headDropout);
    constants.put("end_token_id", head.endToken());
    constants.put("problem_type", head.problemType());
    return KernelText.compile(
        Seq2SeqKernels.class,
        "Seq2Seq",
        constants,
        "seq2seq.py",
        "basics.py",
        "dropout.py",
        "heads.py",
        "caches.py");
  }

  ScriptKernels of(ForwardPass pass) {
    return (pass.training() ? training : evaluation).in(pass.products());
  }

  ScriptKernels evaluation() {
    return evaluation;
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

  @Override
  public void close() {
    training.close();
    evaluation.close();
    manager.close();
  }
}
