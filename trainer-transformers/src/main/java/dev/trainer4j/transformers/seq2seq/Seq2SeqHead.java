// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.seq2seq;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.ForwardPass;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.torch.TorchFunctions;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.architecture.Initializer;
import dev.trainer4j.transformers.architecture.KernelWeights;
import dev.trainer4j.transformers.architecture.TensorSpec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What an encoder-decoder model makes of the decoder's last hidden state.
 *
 * @param task what it is for
 * @param labels of the classifier of texts, else 0
 * @param dropout rate of the classifier of texts, else 0
 * @param endToken what ends a text, where the classifier looks; else -1
 * @param problemType of the classifier of texts; empty to infer it from the labels
 */
record Seq2SeqHead(Task task, int labels, double dropout, int endToken, String problemType) {

  private static final String DENSE = "classification_head.dense";
  private static final String OUT = "classification_head.out_proj";
  private static final String SPAN = "qa_outputs";

  /** The head of the language model, which needs no settings. */
  static Seq2SeqHead languageModel() {
    return new Seq2SeqHead(Task.SEQ2SEQ_LM, 0, 0, -1, "");
  }

  Seq2SeqHead withEndToken(int id) {
    return new Seq2SeqHead(task, labels, dropout, id, problemType);
  }

  boolean writesText() {
    return task == Task.SEQ2SEQ_LM;
  }

  /** Returns the name of its segment. */
  String name() {
    return switch (task) {
      case SEQ2SEQ_LM -> "lm_head";
      case SEQUENCE_CLASSIFICATION -> "classification_head";
      default -> SPAN;
    };
  }

  /** Returns the tensors that the kernel takes; empty for what the family lacks. */
  List<String> slots(Seq2SeqNames names) {
    return switch (task) {
      case SEQ2SEQ_LM -> List.of(Seq2SeqNames.HEAD, names.logitsBias());
      case SEQUENCE_CLASSIFICATION -> TensorSpec.namesOf(DENSE, OUT);
      default -> TensorSpec.namesOf(SPAN);
    };
  }

  /** Adds the tensors that are the head's own. */
  void addTensors(List<TensorSpec> all, Seq2SeqSpec spec) {
    Initializer normal = Initializer.normal(spec.std());
    int width = spec.hidden();
    switch (task) {
      case SEQ2SEQ_LM -> {
        if (!spec.headTied()) {
          all.add(TensorSpec.weight(Seq2SeqNames.HEAD, normal, spec.vocabulary(), width));
        }
        String bias = spec.names().logitsBias();
        if (!bias.isEmpty()) {
          Shape shape = new Shape(1, spec.vocabulary());
          all.add(new TensorSpec(bias, shape, Initializer.constant(0), false, false));
        }
      }
      case SEQUENCE_CLASSIFICATION -> {
        addLinear(all, DENSE, normal, width, width);
        addLinear(all, OUT, normal, labels, width);
      }
      default -> addLinear(all, SPAN, normal, 2, width);
    }
  }

  private static void addLinear(
      List<TensorSpec> all, String module, Initializer initializer, int out, int in) {
    all.add(TensorSpec.weight(module + ".weight", initializer, out, in));
    all.add(TensorSpec.bias(module + ".bias", out));
  }

  /**
   * Refuses texts that the classifier finds no end of.
   *
   * @param decoderIds what the decoder reads
   */
  void check(ModelInputs inputs, NDArray decoderIds, Seq2SeqKernels kernels) {
    if (task != Task.SEQUENCE_CLASSIFICATION) {
      return;
    }
    NDArray ids = inputs.get("input_ids");
    if (!decoderIds.getShape().equals(ids.getShape())) {
      throw new IllegalArgumentException(
          "decoder_input_ids has shape "
              + decoderIds.getShape()
              + ", expected that of input_ids, "
              + ids.getShape()
              + ": a text is classified at its last eos_token_id. Leave them out: the decoder then"
              + " reads the text itself");
    }
    double endless =
        TorchFunctions.number(
            kernels.evaluation().call("endless", ids, kernels.token(endToken)).get(0));
    if (endless > 0) {
      throw new IllegalArgumentException(
          "input_ids has "
              + (long) endless
              + " texts without eos_token_id "
              + endToken
              + ", at which a text is classified: let the tokenizer add it, and truncate with the"
              + " tokenizer, which keeps it");
    }
  }

  /** Runs the kernel: logits, and with labels the loss. */
  NDList run(NDArray hidden, ForwardPass pass, KernelWeights weights, Seq2SeqKernels kernels) {
    return switch (task) {
      case SEQ2SEQ_LM -> {
        NDArray labels = pass.inputs().find("labels").orElse(null);
        yield labels == null
            ? kernels.call("logits", pass, weights, hidden)
            : kernels.call("loss", pass, weights, hidden, labels);
      }
      case SEQUENCE_CLASSIFICATION ->
          kernels.call(
              "classify",
              pass,
              weights,
              hidden,
              pass.inputs().get("input_ids"),
              input(pass, "labels", kernels),
              kernels.token(endToken));
      default ->
          kernels.call(
              "span",
              pass,
              weights,
              hidden,
              input(pass, "start_positions", kernels),
              input(pass, "end_positions", kernels));
    };
  }

  private static NDArray input(ForwardPass pass, String name, Seq2SeqKernels kernels) {
    return pass.inputs().find(name).orElse(kernels.evaluation().absent());
  }

  /** Names what {@link #run} returned. */
  ModelOutput outputs(NDList last, ForwardPass pass) {
    boolean span = task == Task.QUESTION_ANSWERING;
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    if (span) {
      arrays.put("start_logits", last.get(0));
      arrays.put("end_logits", last.get(1));
    } else {
      arrays.put("logits", last.get(0));
    }
    ModelOutput output = ModelOutput.of(arrays);
    int at = arrays.size();
    return pass.inputs().find(span ? "start_positions" : "labels").isPresent()
        ? output.withLoss(LossOutput.of(last.get(at), last.get(at + 1)))
        : output;
  }
}
