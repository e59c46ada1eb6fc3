// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.ndarray.NDList;
import dev.trainer4j.data.ModelInputs;

/**
 * Segments whose parameters are there while they run and no longer: what is recorded of them cannot go
 * backward.
 */
record VisitedSegments(SegmentParameters parameters) implements SegmentRunner {

  @Override
  public ModelOutput run(SegmentedModel model, ModelInputs inputs, boolean training) {
    ForwardPass pass = model.begin(inputs, training);
    NDList hidden = new NDList();
    for (Segment segment : model.segments()) {
      parameters.bring(segment);
      try {
        hidden = segment.forward(hidden, pass);
      } finally {
        parameters.take(segment);
      }
    }
    return model.finish(hidden, pass);
  }
}
