// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.transformers.architecture.Architecture;
import dev.trainer4j.transformers.architecture.TensorSpec;
import dev.trainer4j.transformers.quantization.QuantizedWeights;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a model and its views share: configuration, architecture and tensors. They change together, when
 * the vocabulary or special tokens do; views look here at every pass.
 */
final class ModelCore implements AutoCloseable {

  /** The tensors that are embeddings in transformers, of every family. */
  private static final Pattern EMBEDDING =
      Pattern.compile(
          "(word_embeddings|position_embeddings|token_type_embeddings|embed_tokens|embed_positions"
              + "|wte|wpe|shared|relative_attention_bias)\\.weight$");

  private final Task task;
  private final Dtype dtype;
  private final NDManager manager;
  private final @Nullable DeferredWeights deferred;
  private final ModelFiles files;
  private final long seed;
  private final AtomicInteger trainings = new AtomicInteger();
  private volatile PretrainedConfig config;
  private volatile Tensors tensors;

  /** What the quantized among the tensors stand for; null if none is. */
  private volatile @Nullable QuantizedWeights quantized;

  private volatile boolean closed;

  /** An architecture with the tensors it names, those that can be trained, and how large they are. */
  private record Tensors(
      Architecture architecture,
      Map<String, NDArray> state,
      List<NamedParameter> parameters,
      long withoutEmbeddings) {

    static Tensors of(Architecture architecture, Map<String, NDArray> state) {
      Map<String, NDArray> ordered = Collections.unmodifiableMap(new LinkedHashMap<>(state));
      List<TensorSpec> trainable =
          architecture.tensors().stream().filter(TensorSpec::trainable).toList();
      return new Tensors(
          architecture,
          ordered,
          trainable.stream()
              .map(spec -> new NamedParameter(spec.name(), state(state, spec), spec.decays()))
              .toList(),
          trainable.stream()
              .filter(spec -> !EMBEDDING.matcher(spec.name()).find())
              .mapToLong(spec -> spec.shape().size())
              .sum());
    }

    private static NDArray state(Map<String, NDArray> state, TensorSpec spec) {
      NDArray array = state.get(spec.name());
      if (array == null) {
        throw new IllegalStateException("the model has no tensor " + spec.name());
      }
      return array;
    }
  }

  /**
   * Puts a model together.
   *
   * @param manager owns the tensors, and is closed with the model
   * @param state the tensors of {@code architecture}, by name
   * @param quantized what the quantized among them stand for; null if none is
   * @param deferred the weights that the tensors are without; null if they have them
   * @param seed of rows of tokens that are added
   */
  ModelCore(
      PretrainedConfig config,
      Task task,
      Dtype dtype,
      Architecture architecture,
      NDManager manager,
      Map<String, NDArray> state,
      @Nullable QuantizedWeights quantized,
      @Nullable DeferredWeights deferred,
      ModelFiles files,
      long seed) {
    this.config = config;
    this.task = task;
    this.dtype = dtype;
    this.manager = manager;
    this.deferred = deferred;
    this.files = files;
    this.seed = seed;
    this.quantized = quantized;
    tensors = Tensors.of(architecture, state);
  }

  Task task() {
    return task;
  }

  Dtype dtype() {
    return dtype;
  }

  NDManager manager() {
    return manager;
  }

  ModelFiles files() {
    return files;
  }

  long seed() {
    return seed;
  }

  PretrainedConfig config() {
    return config;
  }

  Architecture architecture() {
    return tensors().architecture;
  }

  /** Returns all tensors in the order of the architecture; another map after they were replaced. */
  Map<String, NDArray> state() {
    return tensors().state;
  }

  /** Returns the quantized weights; null if there are none. */
  @Nullable QuantizedWeights quantized() {
    return quantized;
  }

  /** Returns the weights that nobody has read yet; null for a model that has its weights. */
  @Nullable DeferredWeights unread() {
    return deferred == null || deferred.isRead() ? null : deferred;
  }

  /**
   * Refuses what needs the weights.
   *
   * @param doing such as "be saved"
   * @throws IllegalStateException if they have not been read yet
   */
  void requireWeights(String doing) {
    DeferredWeights unread = unread();
    if (unread != null) {
      throw new IllegalStateException(
          "the model was loaded without its weights (LoadOptions.withDeferredWeights), which are "
              + unread.place()
              + ", and cannot "
              + doing
              + " before a trainer has read them: build the trainer first, or load the model with its"
              + " weights");
    }
  }

  /** Returns whether a tensor of a name that is saved is quantized. */
  boolean isQuantized(String name) {
    QuantizedWeights now = quantized;
    return now != null && now.names().contains(name);
  }

  /** Returns how many numbers the tensors stand for. */
  long size() {
    return architecture().tensors().stream().mapToLong(spec -> spec.shape().size()).sum();
  }

  /** Returns a tensor of the architecture by the name that it is saved under. */
  NDArray tensor(String name) {
    NDArray array = state().get(name);
    if (array == null) {
      throw new IllegalStateException("the model has no tensor " + name);
    }
    return array;
  }

  /** Returns all parameters, frozen ones among them. */
  List<NamedParameter> parameters() {
    return tensors().parameters;
  }

  /** Returns the numbers in all parameters but those of embeddings. */
  long withoutEmbeddings() {
    return tensors().withoutEmbeddings;
  }

  /** Returns whether a tensor is a table of embeddings that no head multiplies with. */
  boolean isLookup(String name) {
    return EMBEDDING.matcher(name).find() && !architecture().tied().containsValue(name);
  }

  /** Returns the name of the table of token embeddings, which every family registers first. */
  String tokenEmbeddings() {
    return architecture().tensors().get(0).name();
  }

  /** Returns the names by which tokens are looked up: in encoder and decoder those of copies that are tied. */
  Set<String> tokenLookups() {
    String table = tokenEmbeddings();
    Set<String> names = new LinkedHashSet<>(Set.of(table));
    architecture()
        .tied()
        .forEach(
            (copy, original) -> {
              if (original.equals(table) && EMBEDDING.matcher(copy).find()) {
                names.add(copy);
              }
            });
    return names;
  }

  /** Returns the name that the tensor of a name is saved under: another one if it is tied. */
  String savedName(String name) {
    Tensors now = tensors();
    return now.state.containsKey(name) ? name : now.architecture.tied().getOrDefault(name, name);
  }

  /** Sets what changes no tensor and no forward pass. */
  void note(PretrainedConfig now) {
    config = now;
  }

  /** Sets a configuration, and the present architecture as it heeds it; the tensors stay. */
  void heed(PretrainedConfig now, Architecture architecture) {
    config = now;
    Tensors same = tensors();
    tensors = new Tensors(architecture, same.state, same.parameters, same.withoutEmbeddings);
  }

  /** Sets a configuration with its architecture and the tensors of that; those that were are the caller's to close. */
  void replace(PretrainedConfig now, Architecture architecture, Map<String, NDArray> state) {
    config = now;
    tensors = Tensors.of(architecture, state);
  }

  /** Sets other tensors and quantized weights for the present architecture; those that were are the caller's to close. */
  void exchange(
      PretrainedConfig now, Map<String, NDArray> state, @Nullable QuantizedWeights weights) {
    replace(now, architecture(), state);
    quantized = weights;
  }

  /** Counts a training that begins: until it has ended, an optimizer holds the tensors. */
  void beginTraining() {
    trainings.incrementAndGet();
  }

  void endTraining() {
    trainings.decrementAndGet();
  }

  boolean isTrained() {
    return trainings.get() > 0;
  }

  boolean isClosed() {
    return closed;
  }

  private Tensors tensors() {
    if (closed) {
      throw new IllegalStateException(
          "the model is closed: close it when nothing uses it any more, or load it again");
    }
    return tensors;
  }

  @Override
  public void close() {
    closed = true;
    tensors.architecture.close();
    manager.close();
  }
}
