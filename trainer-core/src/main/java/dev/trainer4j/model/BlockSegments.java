// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.util.Pair;
import dev.trainer4j.data.ModelInputs;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A chain of DJL blocks as segments: each child with parameters, and those without that follow it.
 *
 * <p>What a segment draws of random numbers is a function of its place, so that it can run twice: a chain with
 * dropout draws others than the block in one piece.
 */
final class BlockSegments extends ForwardingModel implements SegmentedModel {

  private final BlockModel model;
  private final List<Segment> segments;

  private BlockSegments(BlockModel model, List<Segment> segments) {
    this.model = model;
    this.segments = List.copyOf(segments);
  }

  /**
   * Returns the segments of an initialized block; null if it is no chain of several, or if a forward pass changes
   * it, as a batch norm is changed: running it twice would do so twice.
   */
  static @Nullable SegmentedModel of(BlockModel model, Block block) {
    if (model.state().keySet().stream().anyMatch(model::isChangedByForward)) {
      return null;
    }
    List<List<Block>> parts = new ArrayList<>();
    for (BlockChain.Link link : BlockChain.of(block)) {
      Block child = link.block();
      boolean begins = parts.isEmpty() || !child.getParameters().isEmpty();
      boolean onlyBare =
          parts.size() == 1 && parts.get(0).stream().allMatch(b -> b.getParameters().isEmpty());
      if (begins && !onlyBare) {
        parts.add(new ArrayList<>());
      }
      parts.get(parts.size() - 1).add(child);
    }
    if (parts.size() < 2) {
      return null;
    }
    IdentityHashMap<Parameter, String> names = new IdentityHashMap<>();
    for (Pair<String, Parameter> entry : block.getParameters()) {
      names.putIfAbsent(entry.getValue(), entry.getKey());
    }
    List<Segment> segments = new ArrayList<>();
    for (List<Block> part : parts) {
      segments.add(new Part(model, "block." + segments.size(), names(part, names), part));
    }
    return new BlockSegments(model, segments);
  }

  private static List<String> names(List<Block> part, IdentityHashMap<Parameter, String> names) {
    return part.stream()
        .flatMap(child -> child.getParameters().values().stream())
        .map(names::get)
        .distinct()
        .toList();
  }

  /** Children that run one after the other. */
  private record Part(
      BlockModel model, String name, List<String> parameterNames, List<Block> children)
      implements Segment {

    @Override
    public NDList forward(NDList hidden, ForwardPass pass) {
      return model.runPart(pass, hidden, children);
    }
  }

  @Override
  protected TrainableModel delegate() {
    return model;
  }

  @Override
  public List<Segment> segments() {
    return segments;
  }

  @Override
  public ForwardPass begin(ModelInputs inputs, boolean training) {
    return new ForwardPass(inputs, training, null, Map.of());
  }

  @Override
  public ModelOutput finish(NDList last, ForwardPass pass) {
    return model.finishParts(last);
  }

  @Override
  public ModelOutput forward(ModelInputs inputs, boolean training) {
    return SegmentedModel.super.forward(inputs, training);
  }

  @Override
  public TrainableModel forPrediction() {
    return this;
  }
}
