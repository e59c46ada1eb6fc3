// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.snippets;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Block;
import dev.trainer4j.Trainer;
import dev.trainer4j.TrainerBuilder;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.TrainableModel;

/** Shows a trainer with a setting, and so a builder, of its own. */
// docs: builder
public final class FocalTrainer extends Trainer {
  private final float gamma;

  private FocalTrainer(Builder builder) {
    super(builder);
    gamma = builder.gamma;
  }

  public static Builder of(Block block, TrainingArguments args) {
    return new Builder(args).block(block);
  }

  /** Cross entropy in which samples that are right already count less. */
  @Override
  protected LossOutput computeLoss(TrainableModel model, ModelInputs inputs) {
    ModelOutput outputs = model.forward(inputs, isTraining());
    NDArray labels = inputs.get("labels").expandDims(1);
    NDArray likelihood = outputs.logits().logSoftmax(-1).gather(labels, 1).squeeze(1);
    NDArray share = likelihood.exp().neg().add(1).pow(gamma);
    return LossOutput.of(share.mul(likelihood).sum().neg(), (double) labels.size())
        .withOutputs(outputs);
  }

  public static final class Builder extends TrainerBuilder<Builder> {
    private float gamma = 2;

    private Builder(TrainingArguments args) {
      super(args);
    }

    @Override
    public Builder block(Block block) {
      return super.block(block);
    }

    public Builder gamma(float exponent) {
      gamma = exponent;
      return this;
    }

    public FocalTrainer build() {
      return new FocalTrainer(this);
    }

    @Override
    protected Builder self() {
      return this;
    }

    @Override // for who runs the same training with other arguments, such as LearningRateFinder
    protected Builder withOwnSettings(TrainingArguments other) {
      return new Builder(other).gamma(gamma);
    }
  }
}
// end docs
