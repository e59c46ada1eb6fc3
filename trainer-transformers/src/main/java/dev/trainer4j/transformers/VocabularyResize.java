// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.ScriptKernels;
import dev.trainer4j.torch.Seeds;
import dev.trainer4j.torch.TorchFunctions;
import dev.trainer4j.transformers.architecture.Architecture;
import dev.trainer4j.transformers.architecture.ConfigReader;
import dev.trainer4j.transformers.architecture.TensorSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives a model another number of tokens: every tensor with a place for each token is replaced, by the
 * rules of transformers' {@code resize_token_embeddings}. The mathematics is {@code vocabulary.py}.
 */
final class VocabularyResize {

  private static final Logger LOGGER = LoggerFactory.getLogger(PretrainedModel.class);

  /** Code without state, shared by all models of the JVM. */
  private static final class Shared {
    static final ScriptKernels KERNELS =
        ScriptKernels.ofResource(VocabularyResize.class, "Vocabulary", "vocabulary.py");
  }

  private final ModelCore core;
  private final boolean meanResizing;
  private final NDManager manager;

  VocabularyResize(ModelCore core, boolean meanResizing) {
    this.core = core;
    this.meanResizing = meanResizing;
    manager = core.manager();
  }

  /** Replaces the tensors; returns how many tokens the model then has. */
  int to(int tokens, int multiple) {
    check(tokens, multiple);
    int before = core.architecture().vocabulary();
    long rounded = (tokens + multiple - 1L) / multiple * multiple;
    if (rounded > ConfigReader.MAX_SIZE) {
      throw new IllegalArgumentException(
          "newNumTokens is "
              + tokens
              + ", which makes "
              + rounded
              + " tokens, expected at most "
              + ConfigReader.MAX_SIZE
              + ": give what the tokenizer has (tokenizer.size())");
    }
    int after = (int) rounded;
    if (after == before) {
      return before;
    }
    checkSpecialTokens(after);
    Architecture next = core.architecture().withVocabulary(after);
    boolean tiedHead = next.tensors().stream().filter(this::isTable).count() == 1;
    Map<String, NDArray> state = new LinkedHashMap<>();
    List<NDArray> made = new ArrayList<>();
    List<NDArray> replaced = new ArrayList<>();
    try (Autograd.Recording off = Autograd.record(false)) {
      Seeds.run(
          Seeds.mix(core.seed(), before, after),
          () -> {
            for (TensorSpec spec : next.tensors()) {
              NDArray old = core.tensor(spec.name());
              if (old.getShape().equals(spec.shape())) {
                state.put(spec.name(), old);
              } else {
                made.add(resized(old, spec, tiedHead));
                state.put(spec.name(), made.get(made.size() - 1));
                replaced.add(old);
              }
            }
          });
    } catch (EngineException e) { // What is out of memory leaves the model as it was.
      made.forEach(NDArray::close);
      // Of the same type: whoever looks for a shortage finds it.
      throw new EngineException(
          "embeddings of "
              + after
              + " tokens cannot be made; does the memory suffice for them? The model is as it was",
          e);
    } catch (RuntimeException | Error e) {
      made.forEach(NDArray::close);
      throw e;
    }
    core.replace(core.config().with("vocab_size", after), next, state);
    replaced.forEach(NDArray::close);
    LOGGER.info("The model now has embeddings for {} tokens instead of {}", after, before);
    return after;
  }

  private void check(int tokens, int multiple) {
    if (tokens < 1 || multiple < 1) {
      throw new IllegalArgumentException(
          "newNumTokens is "
              + tokens
              + " and padToMultipleOf is "
              + multiple
              + ", expected at least 1 of each");
    }
    if (core.isTrained()) {
      throw new IllegalStateException(
          "the model is being trained: its optimizer holds the embeddings that are there. Call"
              + " resizeTokenEmbeddings before train(), not in a callback or from another thread");
    }
  }

  /** A model whose special tokens are cut off could neither be used nor loaded again. */
  private void checkSpecialTokens(int tokens) {
    for (String key : PretrainedConfig.GENERATION_KEYS) {
      JsonNode value = core.config().node(key);
      List<JsonNode> ids = new ArrayList<>();
      if (value.isArray()) {
        value.forEach(ids::add);
      } else {
        ids.add(value);
      }
      for (JsonNode id : ids) {
        int before = core.architecture().vocabulary();
        if (id.isInt() && id.intValue() >= tokens && id.intValue() < before) {
          throw new IllegalArgumentException(
              "newNumTokens is "
                  + tokens
                  + ", which leaves no embedding for "
                  + key
                  + " = "
                  + id
                  + " of "
                  + core.config().source()
                  + ": keep at least "
                  + (id.intValue() + 1)
                  + ", or set another token first");
        }
      }
    }
  }

  /** Embeddings, or a head of its own. */
  private boolean isTable(TensorSpec spec) {
    return spec.shape().dimension() == 2
        && spec.trainable()
        && !spec.shape().equals(core.tensor(spec.name()).getShape());
  }

  private NDArray resized(NDArray old, TensorSpec spec, boolean tiedHead) {
    int axis = spec.shape().get(0) == old.getShape().get(0) ? 1 : 0;
    long count = spec.shape().get(axis) - old.getShape().get(axis);
    try (ArrayScope scope = ArrayScope.open()) {
      NDArray values =
          count < 0
              ? kernel("cut", old, (long) axis, spec.shape().get(axis))
              : kernel("joined", old, added(old, spec, count, tiedHead), (long) axis);
      if (old.getDataType() != DataType.FLOAT32) {
        return ArrayScope.keep(values, manager);
      }
      // What a kernel returns outside of autograd can never require gradients.
      NDArray array = manager.create(spec.shape(), DataType.FLOAT32);
      TorchFunctions.copy(List.of(array), List.of(values));
      array.setRequiresGradient(old.hasGradient());
      return ArrayScope.keep(array, manager);
    }
  }

  /** The places of tokens that are added, in float32. */
  private NDArray added(NDArray old, TensorSpec spec, long count, boolean tiedHead) {
    if (!spec.trainable()) { // BART's bias of logits
      return manager.zeros(new Shape(1, count), DataType.FLOAT32);
    }
    boolean bias = spec.shape().dimension() == 1;
    if (bias && tiedHead) { // As in transformers, where it is the tie that makes it longer.
      return manager.zeros(new Shape(count), DataType.FLOAT32);
    }
    if (meanResizing) {
      return kernel(bias ? "mean_bias" : "mean_rows", old, count);
    }
    NDArray fresh = spec.initializer().create(manager, spec.shape());
    return kernel("last", fresh, count);
  }

  private NDArray kernel(String method, Object... arguments) {
    return Shared.KERNELS.tensor(manager, method, arguments);
  }
}
