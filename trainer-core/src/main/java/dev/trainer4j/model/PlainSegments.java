// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.ndarray.NDList;
import dev.trainer4j.data.ModelInputs;

/** One segment after the other, and that is all. */
enum PlainSegments implements SegmentRunner {
  INSTANCE;

  @Override
  public ModelOutput run(SegmentedModel model, ModelInputs inputs, boolean training) {
    ForwardPass pass = model.begin(inputs, training);
    NDList hidden = new NDList();
    for (Segment segment : model.segments()) {
      hidden = segment.forward(hidden, pass);
    }
    return model.finish(hidden, pass);
  }
}
