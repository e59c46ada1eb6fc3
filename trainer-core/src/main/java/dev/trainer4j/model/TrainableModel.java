// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.data.ProcessingClass;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the trainer trains: a forward pass over named arrays, with parameters. */
public interface TrainableModel extends AutoCloseable {

  /**
   * Runs the model on one micro batch.
   *
   * @param inputs everything the collator made, labels included
   * @param training whether dropout and the like are on
   * @return the outputs, with a loss if the model computes its own
   */
  ModelOutput forward(ModelInputs inputs, boolean training);

  /**
   * Returns this model as it gives all of its outputs beside the loss, for predictions and metrics: by default itself. A model whose
   * loss leaves some of them out returns a view that has them, which is not to be closed.
   */
  default TrainableModel forPrediction() {
    return this;
  }

  /**
   * Returns the parameters that are trainable now, always in the same order: not those whose array was
   * told {@code setRequiresGradient(false)}. The trainer asks again before each micro batch, so parameters may
   * be frozen and released at any time.
   */
  List<NamedParameter> parameters();

  /**
   * Returns why there may be no trainable parameter, and what to do then: the end of the message that says so when a training
   * begins.
   */
  default String whyFrozen() {
    return "none requires gradients, so there is nothing to train; unfreeze some, or call evaluate() or"
        + " predict()";
  }

  /** Returns every tensor that makes up the model, by name: parameters, frozen ones, buffers. */
  Map<String, NDArray> state();

  /**
   * Returns the tensors that a checkpoint holds, by name: by default all of {@link #state}. A model that
   * trains little on top of a base which is saved elsewhere returns that little.
   */
  default Map<String, NDArray> savedTensors() {
    return state();
  }

  /**
   * Returns the name of the file that {@link #savedTensors} lie in: by default {@code model.safetensors},
   * which is cut into shards where it would be too large. A file of another name is not cut, and a tensor {@code folder/name} lies
   * as {@code name} in the file of this name in that folder.
   */
  default String tensorsFile() {
    return "model.safetensors";
  }

  /**
   * Returns whether a forward pass in training may change a tensor, such as a running mean; by default each
   * that requires no gradient may. Those that do not change need no copy while a checkpoint is written in the
   * background.
   *
   * @param name as in {@link #savedTensors}
   */
  default boolean isChangedByForward(String name) {
    NDArray tensor = state().get(name);
    return tensor == null || !tensor.hasGradient();
  }

  /**
   * Returns whether a tensor is a table whose rows a pass looks up, such as embeddings: it takes part in no product. By
   * default none is.
   *
   * @param name as in {@link #state}
   */
  default boolean isLookup(String name) {
    return false;
  }

  /**
   * Returns the floating point operations of a forward and a backward pass over a micro batch, for {@code
   * total_flos}; 0, the default, for a model that cannot tell.
   */
  default double floatingPointOperations(ModelInputs inputs) {
    return 0;
  }

  /** Returns the manager that the parameters live on; its device is where batches go. */
  NDManager manager();

  /**
   * Returns which inputs are labels where the arguments' {@code labelNames} do not say: evaluations
   * keep them for metrics.
   */
  default List<String> labelNames() {
    return List.of("labels");
  }

  /**
   * Returns the names of outputs that evaluations and predictions leave out unless told otherwise, such as a
   * cache; none by default.
   */
  default List<String> keysToIgnoreAtInference() {
    return List.of();
  }

  /**
   * Returns which label each place of the logits learns. Label smoothing takes the loss from the
   * logits, also of a model that computes its own, and needs to know; by default not known.
   */
  default LabelLayout labelLayout() {
    return LabelLayout.UNKNOWN;
  }

  /**
   * Returns where the weights come from that training begins with: the name of a model on the Hub, such as {@code
   * google-bert/bert-base-cased}, or the path of a folder.
   *
   * @return empty, the default, if they are made anew, or the model does not know
   */
  default Optional<String> nameOrPath() {
    return Optional.empty();
  }

  /**
   * Returns the names of the parts of the loss that {@link #forward} gives ({@link LossOutput#part}), which
   * evaluations report beside it: what names metrics can be checked against before anything is trained.
   *
   * @return empty, the default, if the model does not say
   */
  default Optional<Set<String>> lossParts() {
    return Optional.empty();
  }

  /**
   * Returns the weights that this model was made without, until they have been read; none by default: a model has its
   * weights. A trainer reads them when it is built.
   */
  default Optional<UnreadWeights> unreadWeights() {
    return Optional.empty();
  }

  /** Returns whether the parameters exist. */
  default boolean isInitialized() {
    return true;
  }

  /** Creates parameters that depend on the shape of the data; called once with a first batch. */
  default void initialize(ModelInputs firstBatch) {}

  /**
   * Called when {@code train()} begins, before anything is made of the parameters. From here to {@link
   * #onTrainEnd} an optimizer holds them: they may be frozen and released, but not replaced.
   *
   * @param processing what made the samples, such as a tokenizer, to which a model may align its special
   *     tokens; null if the trainer was given none
   * @throws IllegalArgumentException if the model cannot be trained on what {@code processing} makes
   */
  default void onTrainBegin(@Nullable ProcessingClass processing) {}

  /** Called when {@code train()} that has called {@link #onTrainBegin} ends, however it ends. */
  default void onTrainEnd() {}

  /** Writes files that belong beside {@code model.safetensors}, such as a configuration. */
  default void saveExtras(Path folder) throws IOException {}

  /** Reads back what {@link #saveExtras} wrote, before the tensors are loaded. */
  default void loadExtras(Path folder) throws IOException {}

  /** Releases what the model itself allocated. */
  @Override
  void close();
}
