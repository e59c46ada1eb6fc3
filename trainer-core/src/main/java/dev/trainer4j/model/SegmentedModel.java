// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.ndarray.NDList;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.torch.Seeds;
import java.util.List;

/**
 * A model that offers its forward pass as a chain of segments.
 *
 * <p>{@link #forward} is nothing but {@link #begin}, the segments in their order, and {@link
 * #finish}, with the random numbers of each segment a function of its position: who wants to run segments in another way calls the three itself.
 */
public interface SegmentedModel extends TrainableModel {

  /** Returns the segments in the order they run, always the same ones. */
  List<Segment> segments();

  /** Checks the inputs and makes what all segments share. */
  ForwardPass begin(ModelInputs inputs, boolean training);

  /** Makes the outputs of what the last segment returned. */
  ModelOutput finish(NDList last, ForwardPass pass);

  @Override
  default ModelOutput forward(ModelInputs inputs, boolean training) {
    SegmentTape tape = SegmentTape.current();
    if (tape != null && training) {
      return tape.forward(this, inputs);
    }
    ForwardPass pass = begin(inputs, training);
    long position = training ? Seeds.nextPass() : -1;
    NDList hidden = new NDList();
    int index = 0;
    for (Segment segment : segments()) {
      Seeds.segment(position, index++);
      hidden = segment.forward(hidden, pass);
    }
    return finish(hidden, pass);
  }
}
