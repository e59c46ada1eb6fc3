// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.PartialBackward;
import dev.trainer4j.torch.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** One forward pass of which only the inputs of segments are kept. */
final class KeptInputs implements AutoCloseable {

  private final SegmentedModel model;
  private final ForwardPass pass;
  private final List<Segment> segments;
  private final long seed;
  private final SegmentParameters parameters;

  /** Whether the last segment was recorded and has its parameters until backward is over. */
  private boolean lastIsThere;

  /** The first segment with something to train: below it there is no gradient to compute. */
  private final int first;

  /** The input of each segment, cut from the one before: a leaf that a gradient arrives in. */
  private final List<NDList> inputs = new ArrayList<>();

  KeptInputs(SegmentedModel model, ForwardPass pass, long seed, SegmentParameters parameters) {
    this.model = model;
    this.pass = pass;
    this.seed = seed;
    this.parameters = parameters;
    segments = model.segments();
    Set<String> trainable =
        model.parameters().stream().map(NamedParameter::name).collect(Collectors.toSet());
    int index = 0;
    while (index < segments.size() - 1
        && segments.get(index).parameterNames().stream().noneMatch(trainable::contains)) {
      index++;
    }
    first = index;
  }

  ModelOutput forward() {
    inputs.add(new NDList());
    int last = segments.size() - 1;
    for (int i = 0; i < last; i++) {
      inputs.add(cut(runUnrecorded(i), i + 1 > first));
    }
    Segment segment = segments.get(last);
    parameters.bring(segment);
    lastIsThere = true;
    Seeds.segment(seed, last);
    return model.finish(segment.forward(inputs.get(last), pass), pass);
  }

  private NDList runUnrecorded(int index) {
    Segment segment = segments.get(index);
    parameters.bring(segment);
    try (Autograd.Recording off = Autograd.record(false);
        ArrayScope scope = ArrayScope.open()) {
      Seeds.segment(seed, index);
      NDList output = segment.forward(inputs.get(index), pass);
      output.forEach(NDScope::unregister);
      return output;
    } finally {
      parameters.take(segment);
    }
  }

  /** The arrays as leaves of their own; an input that a segment hands on is cut once more. */
  private NDList cut(NDList output, boolean needsGradient) {
    NDList leaves = new NDList(output.size());
    for (NDArray array : output) {
      NDArray leaf = array.stopGradient();
      NDScope.unregister(leaf); // It goes as soon as its gradient was used.
      leaf.setName(array.getName());
      if (needsGradient && isFloating(array)) {
        leaf.setRequiresGradient(true);
      }
      leaves.add(leaf);
      if (inputs.get(inputs.size() - 1).stream().noneMatch(before -> before == array)) {
        array.close();
      }
    }
    return leaves;
  }

  private static boolean isFloating(NDArray array) {
    // DJL calls bfloat16 unknown.
    return array.getDataType().isFloating() || array.getDataType() == DataType.UNKNOWN;
  }

  /** Returns the inputs of the last segment. */
  NDList lastInputs() {
    return inputs.get(inputs.size() - 1);
  }

  /** Prepares for the loss's own backward, which goes through the last segment. */
  void expectLast() {
    parameters.expect(segments.get(segments.size() - 1));
  }

  /**
   * Backward of all segments but the last, which the loss's own backward has done.
   *
   * @param backward knows where gradients go
   * @param factor what the loss was multiplied by
   */
  void backward(PartialBackward backward, double factor) {
    parameters.collect(segments.get(segments.size() - 1), factor);
    takeLast();
    for (int i = segments.size() - 2; i >= first; i--) {
      runBackward(i, backward, factor);
      close(inputs.remove(i + 1));
    }
  }

  private void runBackward(int index, PartialBackward backward, double factor) {
    Segment segment = segments.get(index);
    parameters.bring(segment);
    try {
      try (Autograd.Recording on = Autograd.record(true);
          ArrayScope scope = ArrayScope.open()) {
        Seeds.segment(seed, index);
        NDList output = segment.forward(inputs.get(index), pass);
        parameters.expect(segment);
        backward.of(output, inputs.get(index + 1), inputs.get(index));
      }
      parameters.collect(segment, factor);
    } finally {
      parameters.take(segment);
    }
  }

  private void takeLast() {
    if (lastIsThere) {
      lastIsThere = false;
      parameters.take(segments.get(segments.size() - 1));
    }
  }

  private static void close(NDList arrays) {
    arrays.forEach(NDArray::close);
  }

  @Override
  public void close() {
    takeLast();
    inputs.forEach(KeptInputs::close);
    inputs.clear();
  }
}
