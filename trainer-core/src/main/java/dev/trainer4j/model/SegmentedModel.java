// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.ndarray.NDList;
import dev.trainer4j.data.ModelInputs;
import java.util.List;

/**
 * A model that offers its forward pass as a chain of segments.
 *
 * <p>{@link #forward} is nothing but {@link #begin}, the segments in their order, and {@link #finish}:
 * who wants to run segments in another way calls the three itself.
 */
public interface SegmentedModel extends TrainableModel {

  /** Returns the segments in the order they run, always the same ones. */
  List<Segment> segments();

  /**
   * Returns the Python classes of the modules that segments stand for, such as {@code BertLayer}: what FSDP's {@code
   * transformer_layer_cls_to_wrap} may name. By default none.
   */
  default List<String> layerClasses() {
    return List.of();
  }

  /** Checks the inputs and makes what all segments share. */
  ForwardPass begin(ModelInputs inputs, boolean training);

  /** Makes the outputs of what the last segment returned. */
  ModelOutput finish(NDList last, ForwardPass pass);

  @Override
  default ModelOutput forward(ModelInputs inputs, boolean training) {
    return SegmentRunner.plain().run(this, inputs, training);
  }

  /**
   * Returns this model as {@code runner} runs its forward passes: a view with the same tensors, which is
   * not to be closed. A model of further abilities returns one that has them, too.
   */
  default TrainableModel runBy(SegmentRunner runner) {
    return new ModelView(this, (inputs, training) -> runner.run(this, inputs, training));
  }
}
