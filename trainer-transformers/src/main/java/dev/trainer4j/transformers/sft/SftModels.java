// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import dev.trainer4j.model.SegmentedModel;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.torch.Seeds;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The model of a trainer: the caller's, or one that is made for it, and made again for each run. */
final class SftModels implements AutoCloseable {

  private final SftTrainer.Builder builder;
  private final @Nullable Supplier<? extends SegmentedModel> maker;
  private final SegmentedModel given;
  private @Nullable OwnedTokenizer tokenizer;
  private @Nullable SftModel first;

  /** Whether the trainer has it, and closes it. */
  private boolean handedOver;

  SftModels(SftTrainer.Builder builder) {
    this.builder = builder;
    maker = builder.maker;
    given = builder.model == null ? make() : builder.model;
  }

  private SegmentedModel make() {
    Supplier<? extends SegmentedModel> init = Objects.requireNonNull(maker);
    // As the trainer does with what makes a model: the same weights in each call.
    return Seeds.with(
        builder.sftArguments.training().seed(),
        () ->
            Objects.requireNonNull(
                (SegmentedModel) init.get(), "modelInit returned null; return a model"));
  }

  /** Returns the model as it was before it is set up. */
  SegmentedModel given() {
    return given;
  }

  /** Sets the model up; what fails leaves it as it was. */
  void setUp(OwnedTokenizer with) {
    tokenizer = with;
    first = SftModel.of(given, builder, with, maker != null);
  }

  /** Returns whether the model is made anew for each run. */
  boolean areMade() {
    return maker != null;
  }

  /** Returns the model that is trained. */
  TrainableModel trained() {
    return Objects.requireNonNull(first).trained();
  }

  /** Returns the model for the next run: first that which is set up, then new ones. */
  TrainableModel next() {
    if (!handedOver) {
      handedOver = true;
      return trained();
    }
    SegmentedModel made = make();
    try {
      return SftModel.of(made, builder, Objects.requireNonNull(tokenizer), true).trained();
    } catch (RuntimeException | Error e) {
      made.close();
      throw e;
    }
  }

  /** Leaves the caller's model as it was, and closes one that was made, of a trainer that did not come into being. */
  void abandon() {
    if (maker == null) {
      if (first != null) {
        first.abandon();
      }
    } else if (!handedOver) {
      if (first != null) {
        first.trained().close();
      } else {
        given.close();
      }
    }
  }

  /** Frees adapters that were added to the caller's model; models that were made close with the trainer. */
  @Override
  public void close() {
    if (maker == null && first != null) {
      first.close();
    }
  }
}
