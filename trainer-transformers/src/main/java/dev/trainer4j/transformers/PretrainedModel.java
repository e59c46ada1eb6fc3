// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.data.Folders;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.data.ProcessingClass;
import dev.trainer4j.model.ForwardPass;
import dev.trainer4j.model.LabelLayout;
import dev.trainer4j.model.LossOnlyModel;
import dev.trainer4j.model.MissingParameters;
import dev.trainer4j.model.MixedPrecisionModel;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.model.NoisyEmbeddings;
import dev.trainer4j.model.Segment;
import dev.trainer4j.model.SegmentRunner;
import dev.trainer4j.model.SegmentedModel;
import dev.trainer4j.model.UnreadWeights;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.Bfloat16;
import dev.trainer4j.torch.HalfType;
import dev.trainer4j.transformers.architecture.AdapterSet;
import dev.trainer4j.transformers.architecture.TokenLoss;
import dev.trainer4j.transformers.architecture.Weights;
import dev.trainer4j.transformers.generation.DecodingSession;
import dev.trainer4j.transformers.generation.GenerationConfig;
import dev.trainer4j.transformers.generation.GenerationOutput;
import dev.trainer4j.transformers.generation.GenerativeModel;
import dev.trainer4j.transformers.generation.Generator;
import dev.trainer4j.transformers.quantization.QuantizedWeights;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A model of a Hugging Face family, with its weights under Hugging Face's names.
 *
 * <p>Inputs are called as in transformers: {@code input_ids}, {@code attention_mask}, {@code
 * token_type_ids}, {@code position_ids}, {@code labels}, and so on. With labels the output has a loss,
 * as a sum and the number of labels that count.
 */
public final class PretrainedModel
    implements SegmentedModel,
        MixedPrecisionModel,
        NoisyEmbeddings,
        LossOnlyModel,
        GenerativeModel {

  private final ModelCore core;
  private final Freezing freezing;
  private final FirstLabels firstLabels;
  private final Computation computation;
  private final SegmentRunner runner;

  /** The view that {@link #forPrediction} gives; null until it is asked for. */
  private volatile @Nullable PretrainedModel predicting;

  /** Whether another model owns the tensors. */
  private final boolean isView;

  private final boolean lossOnly;

  PretrainedModel(ModelCore core) {
    this.core = core;
    freezing = new Freezing(core);
    firstLabels = new FirstLabels(core);
    computation = new Computation(core);
    runner = SegmentRunner.plain();
    isView = false;
    lossOnly = false;
  }

  /**
   * The same tensors, computed with in another way.
   *
   * @param isView whether closing it leaves them
   */
  private PretrainedModel(
      PretrainedModel of,
      Computation computation,
      SegmentRunner runner,
      boolean lossOnly,
      boolean isView) {
    core = of.core;
    freezing = of.freezing;
    firstLabels = of.firstLabels;
    this.computation = computation;
    this.runner = runner;
    this.lossOnly = lossOnly;
    this.isView = isView;
  }

  private PretrainedModel view(Computation other) {
    return new PretrainedModel(this, other, runner, lossOnly, true);
  }

  @Override
  public PretrainedModel autocast(HalfType type) {
    return view(computation.autocast(type));
  }

  @Override
  public PretrainedModel runBy(SegmentRunner other) {
    return new PretrainedModel(this, computation.again(), other, lossOnly, true);
  }

  /**
   * Returns this model as it leaves out padding, and logits of places whose label does not count, where the family can: no loss asks
   * for them. With noise in embeddings all of it stays: how loud that is depends on the length.
   */
  @Override
  public PretrainedModel lossOnly() {
    return new PretrainedModel(this, computation.again(), runner, true, true);
  }

  @Override
  public PretrainedModel halved(HalfType type) {
    core.requireWeights("be copied in 16 bits");
    return view(computation.halved(type));
  }

  /**
   * {@inheritDoc}
   *
   * <p>Noisy is what transformers' {@code get_input_embeddings()} gives, scaled where it scales and before
   * positions are added: in encoder-decoder models the embeddings of both sides.
   */
  @Override
  public PretrainedModel withEmbeddingNoise(double alpha) {
    if (!(alpha > 0 && Double.isFinite(alpha))) {
      throw new IllegalArgumentException("alpha is " + alpha + ", expected a number above 0");
    }
    return view(computation.noisy(alpha));
  }

  /** Returns a tensor by its name; a tied name gives the tensor that it is tied to. */
  NDArray tensor(String name) {
    return core.tensor(core.savedName(name));
  }

  /**
   * Refuses what needs all weights where this rank does not have them.
   *
   * @param doing such as "be saved"
   * @throws IllegalStateException if they have not been read yet, or ranks share them
   */
  void requireWeights(String doing) {
    core.requireWeights(doing);
    MissingParameters.refuse(this);
  }

  /** Returns the names of all tensors, tied ones too. */
  Set<String> tensorNames() {
    Set<String> names = new LinkedHashSet<>(core.state().keySet());
    names.addAll(core.architecture().tied().keySet());
    return names;
  }

  /** Returns the name of the table of token embeddings, which every family registers first. */
  String tokenEmbeddings() {
    return core.tokenEmbeddings();
  }

  /** Returns the tensors of this view, by any name. */
  Weights weights() {
    return computation.weights();
  }

  /** Returns how many numbers the tensors stand for. */
  long size() {
    return core.size();
  }

  /** Begins to compute with what quantized weights stand for; the way back, or not, is the caller's. */
  Dequantization dequantized() {
    return Dequantization.of(core);
  }

  /** Returns whether weight decay applies to a tensor. */
  boolean decays(String name) {
    String saved = core.savedName(name);
    return core.architecture().tensors().stream()
        .anyMatch(spec -> spec.name().equals(saved) && spec.decays());
  }

  /**
   * Makes an empty set of adapters for this model. It lives with the model's tensors; close it to free its
   * own before.
   */
  AdapterSet newAdapters() {
    return new AdapterSet(core.manager(), core.architecture().adaptable());
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
    return view(computation.adapted(set));
  }

  /** Returns this view as one that is to be closed, and then closes the model that it is a view of. */
  public PretrainedModel owningBase() {
    return new PretrainedModel(this, computation, runner, lossOnly, false);
  }

  /**
   * Returns this model with another loss of next tokens: a view with the same tensors, which is not to be closed.
   *
   * @throws IllegalArgumentException if its head foretells no next token, as that of every causal language model does
   */
  public PretrainedModel withTokenLoss(TokenLoss loss) {
    return view(computation.withTokenLoss(loss));
  }

  /** Returns the content of {@code config.json}. */
  public PretrainedConfig config() {
    return core.config();
  }

  /** Returns this model, or with {@link TokenLoss.Kind#CHUNKED_NLL} a view with logits of all places. */
  @Override
  public PretrainedModel forPrediction() {
    PretrainedModel known = predicting;
    if (known == null) {
      Computation whole = computation.withLogits();
      known = whole == null ? this : view(whole);
      predicting = known;
    }
    return known;
  }

  /** Returns the folder that the model was loaded from; empty for one that was made of a configuration. */
  public Optional<Path> folder() {
    return Optional.ofNullable(core.files().folder());
  }

  @Override
  public Optional<String> nameOrPath() {
    return folder().map(folder -> Folders.nameOrPath(folder.toString()));
  }

  /** Returns the width of the hidden states, and of the embeddings of tokens. */
  public int hiddenSize() {
    return Math.toIntExact(core.architecture().tensors().get(0).shape().get(1));
  }

  /** Returns what the model's head is for. */
  public Task task() {
    return core.task();
  }

  /** Returns how linear layers are quantized; nothing for a model in which none is. */
  public Optional<QuantizationConfig> quantization() {
    QuantizedWeights quantized = core.quantized();
    return quantized == null ? Optional.empty() : Optional.of(quantized.config());
  }

  /**
   * Makes quantized layers what they stand for, in {@link #dtype}: transformers' {@code dequantize}. The model then takes the
   * memory of one that was never quantized, is saved as such, and may be trained after {@link #unfreeze}. One that has
   * no such layers stays as it is.
   *
   * @throws IllegalStateException while the model is being trained
   */
  public void dequantize() {
    requireWeights("be dequantized");
    Dequantization.of(core).forget();
  }

  /** Returns the names of the tensors that are quantized; none for a model in which none is. */
  public Set<String> quantizedTensors() {
    QuantizedWeights quantized = core.quantized();
    return quantized == null ? Set.of() : quantized.names();
  }

  /**
   * Returns what a quantized tensor stands for, as float32 on the CPU; the model stays as it is.
   *
   * @param name one of {@link #quantizedTensors()}
   * @param owner of the new array
   */
  public NDArray dequantizedTensor(String name, NDManager owner) {
    requireWeights("show what " + name + " stands for");
    QuantizedWeights quantized = core.quantized();
    if (quantized == null || !quantized.names().contains(name)) {
      throw new IllegalArgumentException(
          "tensor " + name + " is not among the " + quantizedTensors().size() + " quantized ones");
    }
    try (ArrayScope scope = ArrayScope.open();
        Autograd.Recording off = Autograd.record(false)) {
      NDArray values = quantized.values(name, core.manager());
      return Bfloat16.toFloat32(values.toDevice(Device.cpu(), false), owner);
    }
  }

  /** Returns the type of the weights in memory: that of the {@link LoadOptions}. */
  public Dtype dtype() {
    return core.dtype();
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
    firstLabels.check(inputs); // It knows more of labels of another kind than their shapes tell.
    InputCheck.check(this, inputs);
    if (training) {
      return run(inputs, true);
    }
    try (Autograd.Recording asAsked = Autograd.record(Autograd.isAsked())) {
      return run(inputs, false);
    }
  }

  private ModelOutput run(ModelInputs inputs, boolean training) {
    core.requireWeights("compute");
    try {
      return runner.run(this, inputs, training);
    } catch (EngineException e) {
      try {
        MissingParameters.refuse(this);
      } catch (IllegalStateException shared) {
        shared.addSuppressed(e); // It may be something else, in a pass that gathers what it reads.
        throw shared;
      }
      throw InputMistakes.explain(this, inputs, e);
    }
  }

  @Override
  public List<String> layerClasses() {
    return ModelFamilies.of(config(), task()).layerClasses();
  }

  @Override
  public List<Segment> segments() {
    return computation.segments();
  }

  @Override
  public ForwardPass begin(ModelInputs inputs, boolean training) {
    firstLabels.check(inputs);
    Map<String, NDArray> shared =
        lossOnly && training && !computation.isNoisy()
            ? core.architecture().sharedForLoss(inputs)
            : core.architecture().shared(inputs, training);
    return new ForwardPass(inputs, training, computation.products(), shared);
  }

  @Override
  public ModelOutput finish(NDList last, ForwardPass pass) {
    ModelOutput output = computation.architecture().outputs(last, pass);
    firstLabels.note(pass.inputs());
    return output;
  }

  @Override
  public String whyFrozen() {
    return core.quantized() == null
        ? SegmentedModel.super.whyFrozen()
        : "its quantized layers cannot be trained, and all else begins frozen. Train adapters over"
            + " it with PeftModel.of(model, LoraConfig...), or release with unfreeze(...) what is"
            + " not quantized, such as a classifier's head; dequantize() makes it a model like"
            + " any other";
  }

  @Override
  public List<NamedParameter> parameters() {
    return Stream.concat(core.parameters().stream(), added().stream())
        // Those of 16 bits require none, and whoever would train them is told why not.
        .filter(parameter -> dtype() != Dtype.FLOAT32 || parameter.array().hasGradient())
        .toList();
  }

  /** The parameters of adapters. */
  private List<NamedParameter> added() {
    AdapterSet adapters = computation.adapters();
    return adapters == null ? List.of() : adapters.parameters();
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
    freezing.setTrainable(false, patterns);
  }

  /** Makes frozen parameters trainable again; patterns as for {@link #freeze}. */
  public void unfreeze(String... patterns) {
    freezing.setTrainable(true, patterns);
  }

  /**
   * Freezes everything but the head, such as {@code classifier}: what transformers calls {@code base_model},
   * with its pooler. A head that is tied to the embeddings is frozen with them.
   *
   * @throws IllegalStateException if the head has no parameter of its own
   */
  public void freezeBase() {
    freezing.freezeBase();
  }

  /**
   * Gives the model embeddings for another number of tokens, as {@link #resizeTokenEmbeddings(int, int,
   * boolean)} with no multiple and new rows that resemble the old ones.
   *
   * @param newNumTokens such as {@code tokenizer.size()} after tokens were added
   * @return how many tokens the model then has
   */
  public int resizeTokenEmbeddings(int newNumTokens) {
    return resizeTokenEmbeddings(newNumTokens, 1, true);
  }

  /**
   * Gives the model embeddings for another number of tokens: transformers' {@code resize_token_embeddings}.
   * Rows are added behind those that are there, or cut off the end; an output head, tied or not, follows with
   * its bias, and so does {@code vocab_size} of {@link #config}. The generation settings stay.
   *
   * <p>Call it before {@code train()}, whose optimizer is made of the tensors that are then there, and before
   * views and adapters are made.
   *
   * @param newNumTokens how many tokens at least, from 1
   * @param padToMultipleOf what that is rounded up to a multiple of, such as 64 for tensor cores; 1 for no
   *     rounding
   * @param meanResizing whether new rows are drawn from a normal distribution with the mean of the old ones and
   *     a billionth of their covariance, so that a new token is hardly ever foretold before it is learned;
   *     otherwise they begin as those of a new model. They are drawn from the seed of the {@link LoadOptions}
   * @return how many tokens the model then has
   * @throws IllegalArgumentException if a number is below 1, or a token of the configuration, such as that which
   *     pads, would have no embedding any more
   * @throws IllegalStateException while the model is being trained, or if this is a view of another model
   */
  public int resizeTokenEmbeddings(int newNumTokens, int padToMultipleOf, boolean meanResizing) {
    if (isView) {
      throw new IllegalStateException(
          "this is a view of a model, made for a precision or for adapters: resize the embeddings"
              + " of the model itself, before views are made");
    }
    core.requireWeights("get other embeddings");
    return new VocabularyResize(core, meanResizing).to(newNumTokens, padToMultipleOf);
  }

  /**
   * Aligns the model's special tokens to those of a {@code PretrainedTokenizer}, as transformers does: {@code
   * eos_token_id}, {@code bos_token_id} and {@code pad_token_id} of {@link #config} and, for a model that writes
   * text, of {@link #generationConfig}. What changes is told in a warning, and saved with the model.
   *
   * @throws IllegalArgumentException if the model has no embedding for such a token
   */
  @Override
  public void onTrainBegin(@Nullable ProcessingClass processing) {
    if (processing instanceof PretrainedTokenizer tokenizer) {
      SpecialTokenAlignment.align(core, tokenizer);
    }
    core.beginTraining();
  }

  @Override
  public void onTrainEnd() {
    core.endTraining();
  }

  /** Returns all tensors; with quantized weights also what belongs to them, as bitsandbytes names it. */
  @Override
  public Map<String, NDArray> state() {
    QuantizedWeights quantized = core.quantized();
    if (computation.adapters() == null && quantized == null) {
      return core.state();
    }
    Map<String, NDArray> all = new LinkedHashMap<>(core.state());
    if (quantized != null) {
      all.putAll(quantized.belongings());
    }
    added().forEach(added -> all.put(added.name(), added.array()));
    return all;
  }

  /** Returns all tensors; with adapters theirs, and of the others those that are trainable now. */
  @Override
  public Map<String, NDArray> savedTensors() {
    if (computation.adapters() == null) {
      return state();
    }
    Map<String, NDArray> saved = new LinkedHashMap<>();
    parameters().forEach(trained -> saved.put(trained.name(), trained.array()));
    added().forEach(added -> saved.put(added.name(), added.array()));
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
    return 6 * tokens * core.withoutEmbeddings();
  }

  /** Embeddings are, unless a head is tied to them, which multiplies with them. */
  @Override
  public boolean isLookup(String name) {
    return core.isLookup(name);
  }

  /**
   * Returns {@code start_positions} and {@code end_positions} for questions, none for features, else {@code
   * labels}.
   */
  @Override
  public List<String> labelNames() {
    return task().labelNames();
  }

  @Override
  public Optional<UnreadWeights> unreadWeights() {
    return Optional.ofNullable(core.unread());
  }

  @Override
  public Optional<Set<String>> lossParts() {
    return Optional.of(computation.architecture().lossParts());
  }

  /**
   * Returns where the label of each logit stands; {@link LabelLayout#OTHER} for questions, which have
   * two, and for a text's numbers or several labels at once ({@code problem_type}).
   */
  @Override
  public LabelLayout labelLayout() {
    return task().labelLayout(config());
  }

  @Override
  public NDManager manager() {
    return core.manager();
  }

  /** Writes {@code config.json} and, if the model has one, {@code generation_config.json}. */
  @Override
  public void saveExtras(Path folder) throws IOException {
    core.files().writeExtras(folder, config());
  }

  /**
   * Writes a folder that transformers opens, with quantized weights as bitsandbytes has them: {@code config.json}, {@code
   * generation_config.json} if the model came with one, and the weights in the type in memory, as shards above 50 GB. It holds no tokenizer: {@link
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
    if (computation.adapters() != null) {
      throw new IllegalStateException(
          "this model has adapters, which a folder of the model does not hold: save the model that"
              + " it is a view of");
    }
    requireWeights("be saved");
    core.files().write(folder, core, options);
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
    return core.architecture().decoderInputIds(labels);
  }

  @Override
  public boolean isEncoderDecoder() {
    return task() == Task.SEQ2SEQ_LM;
  }

  @Override
  public boolean writesText() {
    return task() == Task.SEQ2SEQ_LM || task() == Task.CAUSAL_LM;
  }

  /**
   * Returns the settings of the folder's {@code generation_config.json}; without one, the token ids
   * of {@code config.json} and defaults for the rest.
   *
   * @throws IllegalArgumentException if the file asks for what is not supported
   */
  @Override
  public GenerationConfig generationConfig() {
    ModelFiles files = core.files();
    return GenerationConfig.parse(files.generationSource(), files.generationJson(core));
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
    InputMistakes.check(config(), inputIds);
    core.requireWeights("write");
    SegmentRunner.Held held = runner.hold(this);
    try {
      MissingParameters.refuse(this);
      return new CheckedSession(
          config(),
          new OwningSession(
              computation.startDecoding(inputIds, attentionMask, maxLength), held::close));
    } catch (RuntimeException | Error e) {
      held.close();
      throw e;
    }
  }

  /** Returns family, task, size and device. */
  @Override
  public String toString() {
    if (core.isClosed()) {
      return config().modelType() + " for " + task() + ", closed";
    }
    long size = parameters().stream().mapToLong(parameter -> parameter.array().size()).sum();
    return String.format(
        Locale.ROOT,
        "%s for %s, %,d trainable parameters on %s",
        config().modelType(),
        task(),
        size,
        manager().getDevice());
  }

  @Override
  public void close() {
    computation.close();
    if (!isView) {
      core.close();
    }
  }
}
