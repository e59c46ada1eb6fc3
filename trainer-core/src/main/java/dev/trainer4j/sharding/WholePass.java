// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.model.Segment;
import dev.trainer4j.model.SegmentParameters;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.model.TrainingPass;

/** A model without segments: all parameters are in place from before its forward pass until it has gone backward. */
final class WholePass implements TrainingPass {

  private final TrainingPass pass;
  private final SegmentParameters parameters;
  private final Segment whole;
  private boolean brought;

  /**
   * Puts the parameters around a pass.
   *
   * @param pass becomes this object's
   * @param whole reads all of them
   */
  WholePass(TrainingPass pass, SegmentParameters parameters, Segment whole) {
    this.pass = pass;
    this.parameters = parameters;
    this.whole = whole;
  }

  @Override
  public TrainableModel model() {
    return pass.model();
  }

  @Override
  public void begin(long seed) {
    parameters.bring(whole);
    brought = true;
    pass.begin(seed);
  }

  @Override
  public void backward(NDArray loss, double factor) {
    parameters.expect(whole);
    pass.backward(loss, factor);
    parameters.collect(whole, factor);
  }

  @Override
  public void end() {
    pass.end();
    if (brought) {
      brought = false;
      parameters.take(whole);
    }
  }

  @Override
  public String toString() {
    return "all parameters gathered, " + pass;
  }

  @Override
  public void close() {
    pass.close();
  }
}
