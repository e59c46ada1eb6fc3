// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.ForwardingModel;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.Segment;
import dev.trainer4j.model.SegmentParameters;
import dev.trainer4j.model.TrainableModel;

/** A model without segments, whose parameters are gathered for each forward pass. */
final class GatheredModel extends ForwardingModel {

  private final TrainableModel model;
  private final SegmentParameters parameters;
  private final Segment whole;

  GatheredModel(TrainableModel model, SegmentParameters parameters, Segment whole) {
    this.model = model;
    this.parameters = parameters;
    this.whole = whole;
  }

  @Override
  protected TrainableModel delegate() {
    return model;
  }

  @Override
  public ModelOutput forward(ModelInputs inputs, boolean training) {
    parameters.bring(whole);
    try {
      return model.forward(inputs, training);
    } finally {
      parameters.take(whole);
    }
  }

  @Override
  public TrainableModel forPrediction() {
    TrainableModel other = model.forPrediction();
    return other == model ? this : new GatheredModel(other, parameters, whole);
  }

  /** Leaves the model to whoever made it. */
  @Override
  public void close() {}
}
