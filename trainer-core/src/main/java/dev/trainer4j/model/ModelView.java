// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import dev.trainer4j.data.ModelInputs;

/** A model whose forward pass goes another way; everything else is the model's own. */
final class ModelView extends ForwardingModel {

  /** The way. */
  @FunctionalInterface
  interface Forward {
    ModelOutput run(ModelInputs inputs, boolean training);
  }

  private final TrainableModel model;
  private final Forward forward;

  ModelView(TrainableModel model, Forward forward) {
    this.model = model;
    this.forward = forward;
  }

  @Override
  protected TrainableModel delegate() {
    return model;
  }

  @Override
  public ModelOutput forward(ModelInputs inputs, boolean training) {
    return forward.run(inputs, training);
  }

  /** Predictions go the same way, unless the model has another pass for them. */
  @Override
  public TrainableModel forPrediction() {
    TrainableModel other = model.forPrediction();
    return other == model ? this : other;
  }

  /** Leaves the model to whoever made it. */
  @Override
  public void close() {}
}
