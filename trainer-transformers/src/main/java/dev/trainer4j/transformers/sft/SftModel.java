// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import dev.trainer4j.model.SegmentedModel;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.transformers.PeftModel;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.architecture.TokenLoss;
import dev.trainer4j.transformers.architecture.TokenLoss.Kind;
import dev.trainer4j.transformers.peft.LoraConfig;
import dev.trainer4j.transformers.peft.PeftConfig;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The model of a trainer: with new adapters, if it is to have them, and with the loss of the arguments. */
final class SftModel implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(SftTrainer.class);

  private final TrainableModel trained;

  /** What was made for this trainer. */
  private final @Nullable PeftModel made;

  private final BaseBefore before;

  private SftModel(TrainableModel trained, @Nullable PeftModel made, BaseBefore before) {
    this.trained = trained;
    this.made = made;
    this.before = before;
  }

  /**
   * Sets a model up as a builder says. If that fails, the model is as it was.
   *
   * @param given a model, or one with adapters
   * @param owned whether what is trained closes the model, too
   * @throws IllegalArgumentException if it is no causal language model, nothing of it can be trained, or it has adapters and is to
   *     have new ones
   */
  static SftModel of(
      SegmentedModel given, SftTrainer.Builder builder, OwnedTokenizer tokenizer, boolean owned) {
    PretrainedModel base = base(given);
    if (base.task() != Task.CAUSAL_LM) {
      throw new IllegalArgumentException(
          "the model is one for "
              + base.task()
              + ", expected a causal language model: load it with AutoModels.causalLm(folder)");
    }
    PeftConfig config = builder.peft;
    if (config != null && given instanceof PeftModel peft) {
      throw new IllegalArgumentException(
          "peft: the model has the adapters "
              + peft.adapters().keySet()
              + " already; train them without peft(...), add another one with addAdapter, or put"
              + " them into the base with mergeAndUnload() first");
    }
    BaseBefore before = BaseBefore.of(base);
    PeftModel made = null;
    try {
      addTokens(base, given, tokenizer);
      SegmentedModel model = given;
      if (config != null) {
        made = PeftModel.of(base, learning(tokenizer.addedTokens(), config));
        model = made;
      }
      return new SftModel(withLoss(model, builder.sftArguments, owned), made, before);
    } catch (RuntimeException | Error e) {
      restore(made, before);
      throw e;
    }
  }

  /** Returns the model itself, without its adapters. */
  static PretrainedModel base(SegmentedModel given) {
    return given instanceof PeftModel peft ? peft.base() : (PretrainedModel) given;
  }

  private static TrainableModel withLoss(
      SegmentedModel model, SftArguments arguments, boolean owned) {
    if (model.parameters().isEmpty()) {
      throw new IllegalArgumentException(
          "the model has nothing that is trained: "
              + model
              + "; "
              + (model instanceof PeftModel
                  ? model.whyFrozen()
                  : "release parameters with unfreeze(...), or add an adapter with peft(...)"));
    }
    LOG.info("Training {}", model);
    TokenLoss loss =
        new TokenLoss(Kind.valueOf(arguments.lossType().name()), arguments.lossChunkBytes());
    if (model instanceof PeftModel peft) {
      PeftModel view = peft.withTokenLoss(loss);
      return owned ? view.owningBase() : view;
    }
    PretrainedModel view = ((PretrainedModel) model).withTokenLoss(loss);
    return owned ? view.owningBase() : view;
  }

  /** Tokens that a chat template brings along need embeddings. */
  private static void addTokens(
      PretrainedModel base, SegmentedModel given, OwnedTokenizer tokenizer) {
    int last = tokenizer.addedTokens().stream().mapToInt(Integer::intValue).max().orElse(-1);
    int known = base.config().vocabSize();
    if (last < known) {
      return;
    }
    if (given instanceof PeftModel) {
      throw new IllegalArgumentException(
          "chatTemplatePath: its template comes with tokens up to "
              + last
              + ", but the model knows "
              + known
              + " and has adapters: add the tokens with base.resizeTokenEmbeddings("
              + (last + 1)
              + ") before the adapters are made");
    }
    base.resizeTokenEmbeddings(last + 1);
  }

  /** New tokens are learned beside adapters, as in TRL: their embeddings, and the output head. */
  private static PeftConfig learning(List<Integer> tokens, PeftConfig config) {
    if (tokens.isEmpty() || !(config instanceof LoraConfig lora)) {
      return config;
    }
    List<Integer> indices = new ArrayList<>(lora.trainableTokenIndices());
    tokens.stream().filter(token -> !indices.contains(token)).forEach(indices::add);
    List<String> whole = new ArrayList<>(lora.modulesToSave());
    if (!whole.contains("lm_head")) {
      whole.add("lm_head");
    }
    LOG.info(
        "The chat template comes with {} new tokens: their embeddings and the output head are"
            + " trained beside the adapter",
        tokens.size());
    return lora.toBuilder().trainableTokenIndices(indices).modulesToSave(whole).build();
  }

  TrainableModel trained() {
    return trained;
  }

  /** Frees new adapters and leaves the model as it was, of a trainer that did not come into being. */
  void abandon() {
    restore(made, before);
  }

  /** Frees new adapters. */
  @Override
  public void close() {
    if (made != null) {
      made.close();
    }
  }

  private static void restore(@Nullable PeftModel made, BaseBefore before) {
    if (made != null) {
      made.close();
    }
    before.restore();
  }
}
