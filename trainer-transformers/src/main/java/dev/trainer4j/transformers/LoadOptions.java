// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.Device;
import dev.trainer4j.torch.TorchFunctions;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * How a pretrained model is loaded; immutable, each method returns a changed copy.
 *
 * @param device where the weights go; null for the first GPU, or the CPU where there is none
 * @param labels the labels' names, the first of index 0; null for those of {@code config.json}
 * @param ignoreMismatchedSizes whether a tensor of the head whose shape is not the model's is
 *     initialised anew instead of an error
 * @param seed what tensors are initialised from that no file holds
 */
public record LoadOptions(
    @Nullable Device device,
    @Nullable List<String> labels,
    boolean ignoreMismatchedSizes,
    long seed) {

  /** Copies the labels. */
  public LoadOptions {
    labels = labels == null ? null : List.copyOf(labels);
  }

  /** Float32 on the default device, with the file's own labels; the seed is 42. */
  public static LoadOptions defaults() {
    return new LoadOptions(null, null, false, 42);
  }

  /** Sets the device of the weights. */
  public LoadOptions withDevice(Device value) {
    return new LoadOptions(value, labels, ignoreMismatchedSizes, seed);
  }

  /** Sets the names of the labels, and with them their number. */
  public LoadOptions withLabels(List<String> value) {
    return new LoadOptions(device, value, ignoreMismatchedSizes, seed);
  }

  /** Sets the number of labels, which are then called {@code LABEL_0} and so on. */
  public LoadOptions withNumLabels(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("numLabels is " + count + ", must be at least 1");
    }
    return withLabels(IntStream.range(0, count).mapToObj(i -> "LABEL_" + i).toList());
  }

  /** Sets whether a head of another size is replaced by a new one. */
  public LoadOptions withIgnoreMismatchedSizes(boolean value) {
    return new LoadOptions(device, labels, value, seed);
  }

  /** Sets the seed of tensors that no file holds. */
  public LoadOptions withSeed(long value) {
    return new LoadOptions(device, labels, ignoreMismatchedSizes, value);
  }

  Device resolvedDevice() {
    return device == null ? TorchFunctions.defaultDevice() : device;
  }
}
