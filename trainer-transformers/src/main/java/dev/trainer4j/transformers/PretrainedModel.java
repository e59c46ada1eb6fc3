// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.checkpoint.ModelTensorsWriter;
import dev.trainer4j.checkpoint.ReplacedFile;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.ForwardPass;
import dev.trainer4j.model.LabelLayout;
import dev.trainer4j.model.MixedPrecisionModel;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.model.Segment;
import dev.trainer4j.model.SegmentRunner;
import dev.trainer4j.model.SegmentedModel;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.HalfType;
import dev.trainer4j.torch.TorchFunctions;
import dev.trainer4j.transformers.architecture.AdapterSet;
import dev.trainer4j.transformers.architecture.Architecture;
import dev.trainer4j.transformers.architecture.TensorSpec;
import dev.trainer4j.transformers.architecture.Weights;
import dev.trainer4j.transformers.generation.DecodingSession;
import dev.trainer4j.transformers.generation.GenerationConfig;
import dev.trainer4j.transformers.generation.GenerationOutput;
import dev.trainer4j.transformers.generation.GenerativeModel;
import dev.trainer4j.transformers.generation.Generator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A model of a Hugging Face family, with its weights under Hugging Face's names.
 *
 * <p>Inputs are called as in transformers: {@code input_ids}, {@code attention_mask}, {@code
 * token_type_ids}, {@code position_ids}, {@code labels}, and so on. With labels the output has a loss,
 * as a sum and the number of labels that count.
 */
public final class PretrainedModel implements SegmentedModel, MixedPrecisionModel, GenerativeModel {

  /** The tensors that are embeddings in transformers, of every family. */
  private static final Pattern EMBEDDING =
      Pattern.compile(
          "(word_embeddings|position_embeddings|token_type_embeddings|embed_tokens|embed_positions"
              + "|wte|wpe|shared|relative_attention_bias)\\.weight$");

  private final PretrainedConfig config;
  private final Task task;
  private final Dtype dtype;
  private final Architecture architecture;
  private final NDManager manager;
  private final Map<String, NDArray> state;
  private final Map<String, byte[]> companions;
  private final List<NamedParameter> parameters;
  private final List<Segment> segments;

  /** The numbers in all parameters but those of embeddings. */
  private final long withoutEmbeddings;

  /** Whether another model owns the tensors. */
  private final boolean isView;

  /** The type that products are taken in, null for that of the weights. */
  private final @Nullable HalfType products;

  private final SegmentRunner runner;

  /** What adds to linear layers; null for nothing. */
  private final @Nullable AdapterSet adapters;

  /** What passes compute with instead of {@link #state}; empty but in a view of 16 bits. */
  private final Map<String, NDArray> halved;

  /** Owns those; null in other models. */
  private final @Nullable NDManager halvedOwner;

  PretrainedModel(
      PretrainedConfig config,
      Task task,
      Dtype dtype,
      Architecture architecture,
      NDManager manager,
      Map<String, NDArray> state,
      Map<String, byte[]> companions) {
    this.config = config;
    this.task = task;
    this.dtype = dtype;
    this.architecture = architecture;
    this.manager = manager;
    this.state = Collections.unmodifiableMap(new LinkedHashMap<>(state));
    this.companions = companions;
    halved = Map.of(); // what follows reads arrays
    parameters =
        architecture.tensors().stream()
            .filter(TensorSpec::trainable)
            .map(spec -> new NamedParameter(spec.name(), array(spec.name()), spec.decays()))
            .toList();
    withoutEmbeddings =
        architecture.tensors().stream()
            .filter(TensorSpec::trainable) // No buffer, such as BART's bias of logits.
            .filter(spec -> !EMBEDDING.matcher(spec.name()).find())
            .mapToLong(spec -> array(spec.name()).size())
            .sum();
    products = null;
    runner = SegmentRunner.plain();
    halvedOwner = null;
    adapters = null;
    isView = false;
    segments = List.copyOf(architecture.segments(weights()));
  }

  private Weights weights() {
    return adapters == null ? this::array : adapters.over(this::array);
  }

  private NDArray array(String name) {
    String saved = state.containsKey(name) ? name : architecture.tied().getOrDefault(name, name);
    NDArray copy = halved.get(saved);
    NDArray array = copy != null ? copy : state.get(saved);
    if (array == null) {
      throw new IllegalStateException("the model has no tensor " + name);
    }
    return array;
  }

  /** A view of a model: the same tensors, computed with in another way. */
  private PretrainedModel(
      PretrainedModel of,
      @Nullable HalfType products,
      SegmentRunner runner,
      Map<String, NDArray> halved,
      @Nullable NDManager halvedOwner,
      @Nullable AdapterSet adapters) {
    config = of.config;
    task = of.task;
    dtype = of.dtype;
    architecture = of.architecture;
    manager = of.manager;
    state = of.state;
    companions = of.companions;
    parameters = of.parameters;
    withoutEmbeddings = of.withoutEmbeddings;
    this.products = products;
    this.runner = runner;
    this.halved = halved;
    this.halvedOwner = halvedOwner;
    this.adapters = adapters;
    boolean same = halved.isEmpty() && adapters == of.adapters;
    segments = same ? of.segments : List.copyOf(architecture.segments(weights()));
    isView = true;
  }

  @Override
  public PretrainedModel autocast(HalfType type) {
    return new PretrainedModel(this, type, runner, halved, null, adapters);
  }

  @Override
  public PretrainedModel runBy(SegmentRunner other) {
    return new PretrainedModel(this, products, other, halved, null, adapters);
  }

  @Override
  public PretrainedModel halved(HalfType type) {
    if (type == dtype.half()) {
      return new PretrainedModel(this, null, runner, halved, null, adapters);
    }
    NDManager owner = manager.newSubManager();
    owner.setName("weights in 16 bits");
    Map<String, NDArray> copies = new LinkedHashMap<>();
    try (Autograd.Recording off = Autograd.record(false)) {
      List<NDArray> arrays = TorchFunctions.toHalf(List.copyOf(state.values()), type);
      int next = 0;
      for (String name : state.keySet()) {
        copies.put(name, ArrayScope.keep(arrays.get(next++), owner));
      }
    }
    return new PretrainedModel(this, null, runner, copies, owner, adapters);
  }

  /**
   * Makes an empty set of adapters for this model. It lives with the model's tensors; close it to free its
   * own before.
   */
  AdapterSet newAdapters() {
    return new AdapterSet(manager, architecture.linears());
  }

  /**
   * Returns this model with adapters beside its linear layers: a view with the same tensors and those of
   * {@code set}, which is not to be closed. The set's are parameters, too; a checkpoint holds them and what
   * else is trainable at its time, not the frozen base.
   *
   * @param set of {@link #newAdapters}; pairs that are added to it later count as well
   * @throws IllegalArgumentException if the set is one for other linear layers
   * @throws IllegalStateException if this model has adapters already: add to their set
   */
  PretrainedModel adapted(AdapterSet set) {
    if (adapters != null) {
      throw new IllegalStateException("this model has adapters already: add more to their set");
    }
    if (!set.fits(architecture.linears())) {
      throw new IllegalArgumentException(
          "set is one for other linear layers than those of this "
              + config.modelType()
              + ": make it with newAdapters() of this model");
    }
    return new PretrainedModel(this, products, runner, halved, null, set);
  }

  /** Returns the content of {@code config.json}. */
  public PretrainedConfig config() {
    return config;
  }

  /** Returns what the model's head is for. */
  public Task task() {
    return task;
  }

  /** Returns the type of the weights in memory: that of the {@link LoadOptions}. */
  public Dtype dtype() {
    return dtype;
  }

  /**
   * Runs the model. Logits and losses are float32, whatever the type of the weights.
   *
   * <p>Outside of training, gradients are recorded only within {@link Autograd#record}: so the result is the
   * same in every thread (attention with a bias that takes gradients rounds otherwise), and no thread of a
   * service keeps the graph of a pass.
   *
   * @throws IllegalArgumentException if an id or label is beyond what the model knows, or a text is too
   *     long for it
   */
  @Override
  public ModelOutput forward(ModelInputs inputs, boolean training) {
    if (training) {
      return run(inputs, true);
    }
    try (Autograd.Recording asAsked = Autograd.record(Autograd.isAsked())) {
      return run(inputs, false);
    }
  }

  private ModelOutput run(ModelInputs inputs, boolean training) {
    try {
      return runner.run(this, inputs, training);
    } catch (EngineException e) {
      throw InputMistakes.explain(this, inputs, e);
    }
  }

  @Override
  public List<Segment> segments() {
    return segments;
  }

  @Override
  public ForwardPass begin(ModelInputs inputs, boolean training) {
    return new ForwardPass(inputs, training, products, architecture.shared(inputs, training));
  }

  @Override
  public ModelOutput finish(NDList last, ForwardPass pass) {
    return architecture.outputs(last, pass);
  }

  @Override
  public List<NamedParameter> parameters() {
    Stream<NamedParameter> added = adapters == null ? Stream.of() : adapters.parameters().stream();
    return Stream.concat(parameters.stream(), added)
        // Those of 16 bits require none, and whoever would train them is told why not.
        .filter(parameter -> dtype != Dtype.FLOAT32 || parameter.array().hasGradient())
        .toList();
  }

  /**
   * Freezes parameters: from the next update on they take no gradients and no memory of the optimizer, and do
   * not move. May be called at any time, also while training.
   *
   * @param patterns regular expressions; one that matches the whole of a name, or its beginning up to a dot,
   *     freezes it: {@code "bert.embeddings"}, {@code "bert\\.encoder\\.layer\\.[0-3]"}
   * @throws IllegalArgumentException if a pattern matches no parameter; the message lists the names
   */
  public void freeze(String... patterns) {
    setTrainable(false, patterns);
  }

  /** Makes frozen parameters trainable again; patterns as for {@link #freeze}. */
  public void unfreeze(String... patterns) {
    setTrainable(true, patterns);
  }

  /**
   * Freezes everything but the head, such as {@code classifier}: what transformers calls {@code base_model},
   * with its pooler. A head that is tied to the embeddings is frozen with them.
   *
   * @throws IllegalStateException if the head has no parameter of its own
   */
  public void freezeBase() {
    String base = ModelFamilies.of(config, task).basePrefix() + ".";
    List<NamedParameter> head =
        parameters.stream()
            .filter(p -> architecture.mayBeFresh(p.name()) && !p.name().startsWith(base))
            .toList();
    if (head.isEmpty()) {
      throw new IllegalStateException(
          "a model for "
              + task
              + " has no head of its own to be trained alone; name what to freeze with freeze(...)");
    }
    parameters.stream()
        .filter(p -> !head.contains(p))
        .forEach(p -> p.array().setRequiresGradient(false));
  }

  private void setTrainable(boolean trainable, String... patterns) {
    if (dtype != Dtype.FLOAT32) {
      throw new IllegalStateException(
          "the weights are of " + dtype + ", which is not trained: there is nothing to freeze");
    }
    List<NDArray> chosen = new ArrayList<>();
    for (String pattern : patterns) {
      Pattern compiled = Pattern.compile("(?:" + pattern + ")(?:\\..*)?");
      List<NDArray> matching =
          parameters.stream()
              .filter(p -> compiled.matcher(p.name()).matches())
              .map(NamedParameter::array)
              .toList();
      if (matching.isEmpty()) {
        throw new IllegalArgumentException(
            "no parameter is called '"
                + pattern
                + "', and none of a name that begins so; there are "
                + String.join(", ", modules()));
      }
      chosen.addAll(matching);
    }
    chosen.forEach(array -> array.setRequiresGradient(trainable));
  }

  private List<String> modules() {
    return parameters.stream().map(p -> p.name().replaceAll("\\.[^.]+$", "")).distinct().toList();
  }

  @Override
  public Map<String, NDArray> state() {
    if (adapters == null) {
      return state;
    }
    Map<String, NDArray> all = new LinkedHashMap<>(state);
    adapters.parameters().forEach(added -> all.put(added.name(), added.array()));
    return all;
  }

  /** Returns all tensors; with adapters theirs, and of the others those that are trainable now. */
  @Override
  public Map<String, NDArray> savedTensors() {
    if (adapters == null) {
      return state;
    }
    Map<String, NDArray> saved = new LinkedHashMap<>();
    parameters().forEach(trained -> saved.put(trained.name(), trained.array()));
    adapters.parameters().forEach(added -> saved.put(added.name(), added.array()));
    return saved;
  }

  /** No family has a tensor that a forward pass changes. */
  @Override
  public boolean isChangedByForward(String name) {
    return false;
  }

  /**
   * Returns 6 operations for each token and each parameter that is no embedding: transformers' {@code
   * floating_point_ops} (Kaplan et al.: Scaling Laws for Neural Language Models, 2020).
   */
  @Override
  public double floatingPointOperations(ModelInputs inputs) {
    double tokens = inputs.find("input_ids").map(NDArray::size).orElse(0L);
    return 6 * tokens * withoutEmbeddings;
  }

  /** Returns {@code start_positions} and {@code end_positions} for questions, else {@code labels}. */
  @Override
  public List<String> labelNames() {
    return task == Task.QUESTION_ANSWERING
        ? List.of("start_positions", "end_positions")
        : List.of("labels");
  }

  /**
   * Returns where the label of each logit stands; {@link LabelLayout#OTHER} for questions, which have
   * two, and for a text's number ({@code num_labels} 1).
   */
  @Override
  public LabelLayout labelLayout() {
    return switch (task) {
      case CAUSAL_LM -> LabelLayout.NEXT;
      case QUESTION_ANSWERING -> LabelLayout.OTHER;
      case SEQUENCE_CLASSIFICATION ->
          config.numLabels() == 1 ? LabelLayout.OTHER : LabelLayout.ALIGNED;
      case TOKEN_CLASSIFICATION, MULTIPLE_CHOICE, MASKED_LM, SEQ2SEQ_LM -> LabelLayout.ALIGNED;
    };
  }

  @Override
  public NDManager manager() {
    return manager;
  }

  /** Writes {@code config.json} and, if the model came with one, {@code generation_config.json}. */
  @Override
  public void saveExtras(Path folder) throws IOException {
    writeExtras(folder, config);
  }

  private void writeExtras(Path folder, PretrainedConfig written) throws IOException {
    ReplacedFile.write(
        folder.resolve(PretrainedConfig.FILE_NAME),
        written.toJson().getBytes(StandardCharsets.UTF_8));
    for (Map.Entry<String, byte[]> file : companions.entrySet()) {
      ReplacedFile.write(folder.resolve(file.getKey()), file.getValue());
    }
  }

  /**
   * Writes a folder that transformers opens: {@code config.json}, {@code generation_config.json} if
   * the model came with one, and the weights in the type in memory, as shards above 50 GB. It holds no tokenizer: {@link
   * dev.trainer4j.transformers.tokenization.PretrainedTokenizer#save} writes that beside it.
   *
   * @param folder is created if it does not exist
   */
  public void save(Path folder) throws IOException {
    save(folder, SaveOptions.defaults());
  }

  /**
   * Writes a folder that transformers opens, without a tokenizer, as {@link #save(Path)}.
   *
   * @param folder is created if it does not exist
   * @param maxShardSize bytes of tensors in one file; a larger model is written as shards with an
   *     index
   */
  public void save(Path folder, long maxShardSize) throws IOException {
    save(folder, SaveOptions.defaults().withMaxShardSize(maxShardSize));
  }

  /**
   * Writes a folder that transformers opens, without a tokenizer, as {@link #save(Path)}, in a type of
   * choice. Tensors are cast one after the other, so that it takes the memory of the largest one; the
   * {@code dtype} of {@code config.json} is that of the file.
   *
   * <p>As in transformers, a T5 in float16 keeps the last weights of its feed-forward parts as float32.
   *
   * @param folder is created if it does not exist
   * @throws IOException if a file cannot be written
   * @throws IllegalStateException if the model has adapters, which are no tensors of such a folder
   */
  public void save(Path folder, SaveOptions options) throws IOException {
    if (adapters != null) {
      throw new IllegalStateException(
          "this model has adapters, which a folder of the model does not hold: save the model that it"
              + " is a view of");
    }
    Dtype saved = options.dtype() == null ? dtype : options.dtype();
    Files.createDirectories(folder);
    ModelTensorsWriter.write(
        folder,
        WeightSources.of(state, name -> architecture.dtype(name, saved)),
        options.maxShardSize());
    writeExtras(folder, config.withDtype(saved));
  }

  /**
   * Returns what the decoder of an encoder-decoder model reads to learn {@code labels}: each one place
   * later, after {@code decoder_start_token_id}. The model does so itself where {@code
   * decoder_input_ids} are missing; this is for {@code DataCollatorForSeq2Seq}, where the loss is
   * computed outside of the model.
   *
   * @param labels token ids of shape [batch, length], -100 where they are ignored, which gives the
   *     padding token
   * @throws IllegalStateException if the model is no encoder-decoder model
   */
  public NDArray prepareDecoderInputIdsFromLabels(NDArray labels) {
    return architecture.decoderInputIds(labels);
  }

  @Override
  public boolean isEncoderDecoder() {
    return task == Task.SEQ2SEQ_LM;
  }

  /**
   * Returns the settings of the folder's {@code generation_config.json}; without one, the token ids
   * of {@code config.json} and defaults for the rest.
   *
   * @throws IllegalArgumentException if the file asks for what is not supported
   */
  @Override
  public GenerationConfig generationConfig() {
    byte[] file = companions.get(GenerationConfig.FILE_NAME);
    return file == null
        ? GenerationConfig.parse(
            PretrainedConfig.FILE_NAME,
            config.generationJson(ModelFamilies.of(config, task).generationDefaults()))
        : GenerationConfig.parse(
            GenerationConfig.FILE_NAME, new String(file, StandardCharsets.UTF_8));
  }

  /**
   * Writes on where a text ends, or answers it if this is an encoder-decoder model, with the model's own
   * settings. For streams, masks and stop strings see {@link Generator}.
   *
   * @param inputIds one row of token ids for each text, all of one length
   */
  public GenerationOutput generate(long[][] inputIds) {
    return generate(inputIds, generationConfig());
  }

  /** Writes on where a text ends, as {@link #generate(long[][])}, with settings. */
  public GenerationOutput generate(long[][] inputIds, GenerationConfig settings) {
    return Generator.of(this).generate(inputIds, null, settings);
  }

  @Override
  public DecodingSession startDecoding(
      long[][] inputIds, long @Nullable [][] attentionMask, int maxLength) {
    InputMistakes.check(config, inputIds);
    return architecture.startDecoding(weights(), products, inputIds, attentionMask, maxLength);
  }

  /** Returns family, task, size and device. */
  @Override
  public String toString() {
    long size = parameters().stream().mapToLong(parameter -> parameter.array().size()).sum();
    return String.format(
        Locale.ROOT,
        "%s for %s, %,d trainable parameters on %s",
        config.modelType(),
        task,
        size,
        manager.getDevice());
  }

  @Override
  public void close() {
    if (halvedOwner != null) {
      halvedOwner.close();
    }
    if (isView) {
      return;
    }
    architecture.close();
    manager.close();
  }
}
