// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.ForwardPass;
import dev.trainer4j.model.ForwardingModel;
import dev.trainer4j.model.LossOnlyModel;
import dev.trainer4j.model.MixedPrecisionModel;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.model.NoisyEmbeddings;
import dev.trainer4j.model.Segment;
import dev.trainer4j.model.SegmentRunner;
import dev.trainer4j.model.SegmentedModel;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.torch.HalfType;
import dev.trainer4j.transformers.architecture.TokenLoss;
import dev.trainer4j.transformers.generation.DecodingSession;
import dev.trainer4j.transformers.generation.GenerationConfig;
import dev.trainer4j.transformers.generation.GenerationOutput;
import dev.trainer4j.transformers.generation.GenerativeModel;
import dev.trainer4j.transformers.generation.Generator;
import dev.trainer4j.transformers.peft.AdapterNames;
import dev.trainer4j.transformers.peft.PeftConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A pretrained model with adapters, which alone are trained and saved: PEFT's {@code PeftModel}.
 *
 * <pre>{@code
 * PretrainedModel base = AutoModels.causalLm(folder);
 * PeftModel model = PeftModel.of(base, LoraConfig.builder().r(16).targetModules("all-linear").build());
 * try (Trainer trainer = Trainer.builder(model, arguments).trainDataset(data).build()) {
 *   trainer.train();                              // checkpoints hold the adapter, as PEFT writes it
 * }
 * model.save(Path.of("out/adapter"));             // PeftModel.from_pretrained(base, "out/adapter") in Python
 * }</pre>
 *
 * <p>Adding the first adapter freezes the base. Several adapters may be there at once; those that are active add
 * to the model, in their order. A change of the adapters counts from the next pass on. The model lives on the base's
 * tensors: close the base when both are no longer needed; {@link #close} frees the adapters alone.
 */
public final class PeftModel extends ForwardingModel
    implements SegmentedModel,
        MixedPrecisionModel,
        NoisyEmbeddings,
        LossOnlyModel,
        GenerativeModel {

  private final PretrainedModel base;
  private final PretrainedModel adapted;
  private final Adapters adapters;
  private final boolean ownsBase;

  private PeftModel(PretrainedModel base) {
    this.base = base;
    ownsBase = false;
    adapters = new Adapters(base);
    adapted = base.adapted(adapters.set());
  }

  /** A view of a model: the same adapters, computed with in another way. */
  private PeftModel(PeftModel of, PretrainedModel adapted, boolean ownsBase) {
    base = of.base;
    adapters = of.adapters;
    this.adapted = adapted;
    this.ownsBase = ownsBase;
  }

  /**
   * Adds a new adapter, called {@code default}, to a model.
   *
   * @param base its parameters are frozen
   * @throws IllegalArgumentException if the configuration names modules that the model does not have
   */
  public static PeftModel of(PretrainedModel base, PeftConfig config) {
    PeftModel model = new PeftModel(base);
    try {
      model.addAdapter(AdapterNames.DEFAULT, config);
      return model;
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  /**
   * Adds the adapter of a folder that PEFT or {@link #save} has written, called {@code default}, to a model.
   *
   * @param base its parameters are frozen
   * @param folder with {@code adapter_config.json} and {@code adapter_model.safetensors}
   * @throws IllegalArgumentException if the adapter is one for another model, with all that differs
   * @throws IOException if a file is missing, damaged, or cannot be read
   */
  public static PeftModel load(PretrainedModel base, Path folder) throws IOException {
    PeftModel model = new PeftModel(base);
    try {
      model.loadAdapter(AdapterNames.DEFAULT, folder);
      return model;
    } catch (IOException | RuntimeException e) {
      model.close();
      throw e;
    }
  }

  /**
   * Adds a new adapter. The first one is active; for others see {@link #setActiveAdapters}.
   *
   * @throws IllegalArgumentException if there is one of this name, or the configuration names modules that the model
   *     does not have
   */
  public void addAdapter(String name, PeftConfig config) {
    adapters.add(name, config);
  }

  /**
   * Adds the adapter of a folder, as {@link #addAdapter}.
   *
   * @throws IllegalArgumentException if there is one of this name, or it is one for another model
   * @throws IOException if a file is missing, damaged, or cannot be read
   */
  public void loadAdapter(String name, Path folder) throws IOException {
    adapters.load(name, folder);
  }

  /**
   * Drops an adapter and frees its tensors. No pass may be running.
   *
   * @throws IllegalArgumentException if there is none of this name
   */
  public void deleteAdapter(String name) {
    adapters.remove(name);
  }

  /** Returns the adapters by name. */
  public Map<String, PeftConfig> adapters() {
    return adapters.configs();
  }

  /** Returns the names of the adapters that add to the model. */
  public List<String> activeAdapters() {
    return adapters.active();
  }

  /**
   * Lets these adapters add to the model, in this order, and be trained; the others are frozen. None gives the
   * base, as a reference that adapters are compared with.
   *
   * @throws IllegalArgumentException if there is none of a name
   */
  public void setActiveAdapters(String... names) {
    adapters.activate(List.of(names));
  }

  /**
   * Lets no adapter add to the model until the returned handle is closed: what the base gives.
   *
   * <pre>{@code
   * try (var off = model.disableAdapters()) {
   *   reference = model.forward(inputs, false);
   * }
   * }</pre>
   *
   * @throws IllegalStateException if they are merged: the base gives them, too
   */
  public DisabledAdapters disableAdapters() {
    adapters.requireUnmerged();
    return new DisabledAdapters(adapters);
  }

  /**
   * Multiplies what an adapter of LoRA adds.
   *
   * @param factor on top of its own scale and of earlier factors
   * @throws IllegalArgumentException if there is none of this name, or the factor is not finite
   */
  public void weighAdapter(String name, double factor) {
    adapters.weigh(name, factor);
  }

  /**
   * Puts the active adapters into the weights of the base, which is as fast as without any. The adapters are
   * switched off and stay; {@link #unmerge} puts the weights back as they were, to the bit, and keeps copies of
   * those that change for that. A quantized base is dequantized before, since quantizing the sum would round the adapters away; it
   * then takes the memory of one that never was quantized, and unmerging puts the quantized weights back.
   *
   * @throws IllegalStateException if something is merged already, or an adapter stands beside a tensor that another
   *     module shares
   */
  public void merge() {
    adapters.merge(true);
  }

  /** Takes what {@link #merge} has put into the weights out of them. */
  public void unmerge() {
    adapters.unmerge();
  }

  /**
   * Puts the active adapters into the weights of the base, as {@link #merge} without a way back, frees all
   * adapters and returns the base: a model like any other, to be saved or served. A quantized base is one no more: it is
   * dequantized, and saved in {@link PretrainedModel#dtype}.
   */
  public PretrainedModel mergeAndUnload() {
    adapters.merge(false);
    close();
    return base;
  }

  /**
   * Returns this model with another loss of next tokens: a view with the same base and adapters, which is not to be closed.
   *
   * @throws IllegalArgumentException if the base's head foretells no next token
   */
  public PeftModel withTokenLoss(TokenLoss loss) {
    return new PeftModel(this, adapted.withTokenLoss(loss), false);
  }

  /** Returns this model as one that closes its base, too, when it is closed. */
  public PeftModel owningBase() {
    return new PeftModel(this, adapted, true);
  }

  /** Returns the model that the adapters stand beside. */
  public PretrainedModel base() {
    return base;
  }

  /**
   * Writes a folder that PEFT opens: {@code adapter_config.json} and {@code adapter_model.safetensors} of the
   * adapter {@code default}; every other one into a folder of its name in it.
   *
   * @param folder is created if it does not exist
   */
  public void save(Path folder) throws IOException {
    adapters.save(folder);
  }

  /**
   * Writes the folder of one adapter.
   *
   * @throws IllegalArgumentException if there is none of this name
   */
  public void saveAdapter(String name, Path folder) throws IOException {
    adapters.save(name, folder);
  }

  @Override
  protected TrainableModel delegate() {
    return adapted;
  }

  @Override
  public List<String> layerClasses() {
    return base.layerClasses();
  }

  @Override
  public List<Segment> segments() {
    return adapted.segments();
  }

  @Override
  public ForwardPass begin(ModelInputs inputs, boolean training) {
    return adapted.begin(inputs, training);
  }

  @Override
  public ModelOutput finish(NDList last, ForwardPass pass) {
    return adapted.finish(last, pass);
  }

  @Override
  public TrainableModel runBy(SegmentRunner runner) {
    return adapted.runBy(runner);
  }

  @Override
  public TrainableModel withEmbeddingNoise(double alpha) {
    return adapted.withEmbeddingNoise(alpha);
  }

  @Override
  public TrainableModel autocast(HalfType products) {
    return adapted.autocast(products);
  }

  @Override
  public TrainableModel lossOnly() {
    return adapted.lossOnly();
  }

  @Override
  public TrainableModel halved(HalfType type) {
    return adapted.halved(type);
  }

  /** Returns what is trained: the active adapters, and biases of the base where a configuration says so. */
  @Override
  public List<NamedParameter> parameters() {
    return adapters.trainable();
  }

  @Override
  public String whyFrozen() {
    return adapters.isMerged()
        ? "the adapters are merged: call unmerge()"
        : "no adapter is active: call setActiveAdapters(...)";
  }

  /** Returns the tensors of all adapters, by their names in PEFT's file. */
  @Override
  public Map<String, NDArray> savedTensors() {
    return adapters.savedTensors();
  }

  /** Returns the name of PEFT's file. */
  @Override
  public String tensorsFile() {
    return AdapterNames.FILE_NAME;
  }

  /** Writes the configurations of the adapters; the base is not saved. */
  @Override
  public void saveExtras(Path folder) throws IOException {
    adapters.saveConfigs(folder);
  }

  @Override
  public boolean isEncoderDecoder() {
    return base.isEncoderDecoder();
  }

  @Override
  public boolean writesText() {
    return base.writesText();
  }

  @Override
  public GenerationConfig generationConfig() {
    return base.generationConfig();
  }

  /** Writes on where a text ends, as {@link PretrainedModel#generate(long[][])}. */
  public GenerationOutput generate(long[][] inputIds) {
    return generate(inputIds, generationConfig());
  }

  /** Writes on where a text ends, as {@link PretrainedModel#generate(long[][], GenerationConfig)}. */
  public GenerationOutput generate(long[][] inputIds, GenerationConfig settings) {
    return Generator.of(this).generate(inputIds, null, settings);
  }

  @Override
  public DecodingSession startDecoding(
      long[][] inputIds, long @Nullable [][] attentionMask, int maxLength) {
    return adapted.startDecoding(inputIds, attentionMask, maxLength);
  }

  /** Returns the base, the adapters, and how many parameters are trained. */
  @Override
  public String toString() {
    return adapters.toString();
  }

  /** Frees the adapters. Unless {@link #owningBase} gave this model, the base stays as it is, and frozen: {@link PretrainedModel#unfreeze} makes it trainable again. */
  @Override
  public void close() {
    adapters.close();
    if (ownsBase) {
      base.close();
    }
  }
}
