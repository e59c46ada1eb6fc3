// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.ndarray.NDList;
import dev.trainer4j.data.ModelInputs;
import java.util.ArrayList;
import java.util.List;

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

  @Override
  public Held hold(SegmentedModel model) {
    List<Segment> brought = new ArrayList<>();
    Held held = () -> brought.forEach(parameters::take);
    try {
      for (Segment segment : model.segments()) {
        parameters.bring(segment);
        brought.add(segment);
      }
    } catch (RuntimeException | Error e) {
      held.close();
      throw e;
    }
    return held;
  }
}
