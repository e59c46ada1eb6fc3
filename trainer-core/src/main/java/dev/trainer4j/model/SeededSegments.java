// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.ndarray.NDList;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.torch.Seeds;
import java.util.List;

/** Segments whose random numbers are a function of their position, with or without checkpointing. */
final class SeededSegments implements SegmentRunner {

  private final PassSeeds seeds;

  SeededSegments(PassSeeds seeds) {
    this.seeds = seeds;
  }

  @Override
  public ModelOutput run(SegmentedModel model, ModelInputs inputs, boolean training) {
    if (!training) {
      return SegmentRunner.plain().run(model, inputs, false);
    }
    ForwardPass pass = model.begin(inputs, true);
    long seed = seeds.nextPass();
    List<Segment> segments = model.segments();
    NDList hidden = new NDList();
    for (int i = 0; i < segments.size(); i++) {
      Seeds.segment(seed, i);
      hidden = segments.get(i).forward(hidden, pass);
    }
    return model.finish(hidden, pass);
  }
}
