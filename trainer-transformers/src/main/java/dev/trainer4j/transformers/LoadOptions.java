// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.Device;
import dev.trainer4j.torch.Devices;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * How a pretrained model is loaded; immutable, each method returns a changed copy.
 *
 * @param device where the weights go; null for the first GPU, or the CPU where there is none
 * @param labels the labels' names, the first of index 0; null for those of {@code config.json}
 * @param ignoreMismatchedSizes whether a tensor of the head whose shape is not the model's is
 *     initialised anew instead of an error
 * @param dtype the type of the weights in memory; null for that of the folder
 * @param seed what tensors are initialised from that no file holds, and rows of tokens that are added
 * @param newHead whether tensors of the head that no file holds are initialised anew instead of an error
 * @param problemType what a classifier of texts learns; null for what {@code config.json} says
 * @param quantization how linear layers are quantized while they are loaded; null for not, or for what the folder has
 * @param deferredWeights whether weights are left where they are until a trainer reads them
 */
public record LoadOptions(
    @Nullable Device device,
    @Nullable List<String> labels,
    boolean ignoreMismatchedSizes,
    @Nullable Dtype dtype,
    long seed,
    boolean newHead,
    @Nullable ProblemType problemType,
    @Nullable QuantizationConfig quantization,
    boolean deferredWeights) {

  /** Checks and copies the labels. */
  public LoadOptions {
    if (labels != null) {
      labels = List.copyOf(labels);
      PretrainedConfig.requireLabels(labels);
    }
  }

  /** Float32 on the default device, with the file's own labels; the seed is 42. */
  public static LoadOptions defaults() {
    return new LoadOptions(null, null, false, Dtype.FLOAT32, 42, true, null, null, false);
  }

  /** Sets the device of the weights. */
  public LoadOptions withDevice(Device value) {
    return with(changed -> changed.device = value);
  }

  /**
   * Sets the names of the labels, and with them their number.
   *
   * @throws IllegalArgumentException if there is none, or one of them twice
   */
  public LoadOptions withLabels(List<String> value) {
    return with(changed -> changed.labels = value);
  }

  /** Sets the number of labels, which are then called {@code LABEL_0} and so on. */
  public LoadOptions withNumLabels(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("numLabels is " + count + ", must be at least 1");
    }
    return withLabels(IntStream.range(0, count).mapToObj(i -> "LABEL_" + i).toList());
  }

  /** Sets whether a head of another size is replaced by a new one. */
  public LoadOptions withIgnoreMismatchedSizes(boolean value) {
    return with(changed -> changed.ignoreMismatchedSizes = value);
  }

  /**
   * Sets the type of the weights, whatever the folder holds; float32 by default.
   *
   * <p>Weights of 16 bits take half the memory and compute in their type, for evaluation, prediction and
   * generation; logits and losses stay float32. They record no gradients, and {@code Trainer.train}
   * refuses them.
   */
  public LoadOptions withDtype(Dtype value) {
    return with(changed -> changed.dtype = value);
  }

  /**
   * Leaves the weights in the type of the folder, as transformers' {@code dtype="auto"}: that which
   * {@code config.json} names, else that of the first tensor of floating point. A model made of a
   * configuration that names none is float32.
   */
  public LoadOptions withAutoDtype() {
    return with(changed -> changed.dtype = null);
  }

  /** Sets the seed of tensors that no file holds. */
  public LoadOptions withSeed(long value) {
    return with(changed -> changed.seed = value);
  }

  /**
   * Sets whether a folder may lack tensors of the head, which are then initialised anew; it may by default. A model that
   * is used and not trained should have a whole head: set false.
   */
  public LoadOptions withNewHead(boolean value) {
    return with(changed -> changed.newHead = value);
  }

  /**
   * Sets what a classifier of texts learns, whatever the folder says: transformers' {@code problem_type}. A
   * folder that was saved after training says it; one that does not leaves it to the first labels.
   */
  public LoadOptions withProblemType(ProblemType value) {
    return with(changed -> changed.problemType = value);
  }

  /**
   * Sets how linear layers are quantized: transformers' {@code quantization_config}. One is read, quantized and dropped
   * before the next, so that memory never holds the model as it was. All parameters of a quantized model begin frozen; train
   * adapters over it ({@link PeftModel}).
   *
   * <p>A folder that is quantized already needs no such option. With one, it must say the same of the weights, and its
   * {@code bnb4bitComputeDtype} counts.
   */
  public LoadOptions withQuantization(QuantizationConfig value) {
    return with(changed -> changed.quantization = value);
  }

  /**
   * Sets whether the model is made without its weights, which a trainer reads when it is built; by default they are read at
   * once. Then the file is only looked at: names, shapes and types must fit.
   *
   * <p>It is for models that are too large for one rank: where ranks share parameters ({@code fsdp}, DeepSpeed's stage 3) each of them reads the
   * ranges of the file that are its share, and no rank ever has the model whole; {@code cpu_ram_efficient_loading} asks
   * for that. What no file holds is drawn from the seed as ever, tensor after tensor. Any other trainer reads all of it.
   *
   * <p>Until then the model cannot compute or be saved; it can be frozen, and have adapters that begin without a look at its
   * weights. Of one that is quantized a rank reads weight after weight whole, and keeps its share of the numbers. After a trainer
   * whose ranks have shared the parameters is closed, the model has no weights again: save it before.
   */
  public LoadOptions withDeferredWeights(boolean value) {
    return with(changed -> changed.deferredWeights = value);
  }

  private LoadOptions with(Consumer<Changed> change) {
    Changed changed = new Changed(this);
    change.accept(changed);
    return changed.options();
  }

  /** Options while one of them changes. */
  private static final class Changed {
    private @Nullable Device device;
    private @Nullable List<String> labels;
    private boolean ignoreMismatchedSizes;
    private @Nullable Dtype dtype;
    private long seed;
    private boolean newHead;
    private @Nullable ProblemType problemType;
    private @Nullable QuantizationConfig quantization;
    private boolean deferredWeights;

    Changed(LoadOptions before) {
      device = before.device;
      labels = before.labels;
      ignoreMismatchedSizes = before.ignoreMismatchedSizes;
      dtype = before.dtype;
      seed = before.seed;
      newHead = before.newHead;
      problemType = before.problemType;
      quantization = before.quantization;
      deferredWeights = before.deferredWeights;
    }

    LoadOptions options() {
      return new LoadOptions(
          device,
          labels,
          ignoreMismatchedSizes,
          dtype,
          seed,
          newHead,
          problemType,
          quantization,
          deferredWeights);
    }
  }

  /** Returns a configuration with the labels and the problem that are set. */
  PretrainedConfig applied(PretrainedConfig config) {
    PretrainedConfig changed = labels == null ? config : config.withLabels(labels);
    return problemType == null ? changed : changed.with("problem_type", problemType.key());
  }

  Device resolvedDevice() {
    return device == null ? Devices.best() : Devices.require("device", device);
  }
}
