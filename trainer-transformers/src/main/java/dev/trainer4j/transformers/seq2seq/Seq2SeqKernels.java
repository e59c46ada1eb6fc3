// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.seq2seq;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.model.ForwardPass;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.ScriptKernels;
import dev.trainer4j.transformers.architecture.KernelLayout;
import dev.trainer4j.transformers.architecture.KernelText;
import dev.trainer4j.transformers.architecture.KernelWeights;
import dev.trainer4j.transformers.architecture.ModelKernels;
import dev.trainer4j.transformers.architecture.Slots;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** {@code seq2seq.py} with the constants of one model, with dropout and without. */
final class Seq2SeqKernels implements AutoCloseable {

  private final ModelKernels training;
  private final ModelKernels evaluation;

  /** Numbers that kernels read live on the CPU, whatever the device of the model. */
  private final NDManager owner;

  private final Map<Integer, NDArray> numbers = new ConcurrentHashMap<>();

  Seq2SeqKernels(Seq2SeqSpec spec, Seq2SeqHead head, Device device) {
    training = compile(spec, head, device, spec.dropout(), head.dropout());
    evaluation = compile(spec, head, device, new Seq2SeqSpec.Dropout(0, 0, 0), 0);
    owner = NDManager.newBaseManager(Device.cpu(), "PyTorch");
    owner.setName("tokens of seq2seq");
  }

  private static ModelKernels compile(
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
    constants.put("hidden_dropout", dropout.hidden());
    constants.put("attention_dropout", dropout.attention());
    constants.put("activation_dropout", dropout.activation());
    constants.put("drop_scores", !device.isGpu());
    constants.put("head_dropout", headDropout);
    constants.put("problem_type", head.problemType());
    return KernelText.compile(
        Seq2SeqKernels.class,
        "Seq2Seq",
        constants,
        "seq2seq.py",
        "basics.py",
        "projection.py",
        "noise.py",
        "dropout.py",
        "heads.py",
        "caches.py");
  }

  /** Calls a method with weights as a pass has it: with dropout or without, and in its type. */
  NDList call(String method, ForwardPass pass, KernelWeights weights, NDArray... arguments) {
    ModelKernels kernels = pass.training() ? training : evaluation;
    return kernels.call(method, pass.products(), weights, arguments);
  }

  /** Returns the id of a token as kernels take it. */
  NDArray token(int id) {
    return numbers.computeIfAbsent(
        id, number -> ArrayScope.keep(owner.create(number.longValue()), owner));
  }

  /** Returns the kernels for evaluation, without adapters. */
  ScriptKernels evaluation() {
    return evaluation.plain();
  }

  /** Returns the kernels for evaluation of weights of a layout. */
  ScriptKernels evaluation(KernelLayout layout) {
    return evaluation.with(layout);
  }

  /** Returns slots of a kernel, with an empty name for what the family lacks. */
  Slots slots(List<String> names) {
    return evaluation.slots(names);
  }

  @Override
  public void close() {
    training.close();
    evaluation.close();
    owner.close();
  }
}
