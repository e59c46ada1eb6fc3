// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.torch.EngineMessage;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Puts a sentence above what libtorch says: what was given, and what to do. */
public final class PassFailure {

  private PassFailure() {}

  /**
   * Runs what may fail in libtorch.
   *
   * @param what was asked, as the beginning of a sentence: "the training step"
   * @param given describes what it was asked for, with shapes and types; called after a failure only
   * @param remedy what to do, without the dot at its end
   * @throws IllegalArgumentException in place of an {@link EngineException}, which is the cause
   * @throws EngineException where memory ran out
   */
  public static <T> T explaining(
      String what, Supplier<String> given, String remedy, Supplier<T> work) {
    try {
      return work.get();
    } catch (EngineException e) {
      throw of(what + " failed for", given.get(), remedy, e);
    }
  }

  /**
   * Returns what to throw in place of a failure.
   *
   * @param what failed or refused, up to what it was given: "the block does not take"
   * @param given what it was given, with shapes and types
   * @param remedy what to do, without the dot at its end
   */
  public static RuntimeException of(
      String what, String given, String remedy, RuntimeException failure) {
    String reason = EngineMessage.reason(failure);
    if (EngineMessage.isOutOfMemory(failure)) {
      // Of the same type: whoever looks for a shortage finds it.
      return new EngineException(
          "memory ran out: "
              + what
              + " "
              + given
              + ": "
              + reason
              + ". Make batches smaller (perDeviceTrainBatchSize with more gradientAccumulationSteps,"
              + " perDeviceEvalBatchSize), or set autoFindBatchSize or gradientCheckpointing",
          failure);
    }
    String more =
        EngineMessage.isDeviceAssert(failure)
            ? ". Most often an id or a label is out of range: run the same on the CPU, with"
                + " useCpu(true), to see which"
            : "";
    return new IllegalArgumentException(
        what + " " + given + ": " + reason + ". " + remedy + more, failure);
  }

  /** Describes arrays: their names with shapes and types. */
  public static String describe(Map<String, NDArray> arrays) {
    return arrays.entrySet().stream()
        .map(entry -> entry.getKey() + describe(entry.getValue()))
        .collect(Collectors.joining(", ", "{", "}"));
  }

  /** Describes an array: its shape and type. */
  public static String describe(NDArray array) {
    return array.getShape() + " " + array.getDataType();
  }

  /** Describes inputs but for those that are left out. */
  static String describe(ModelInputs inputs, Iterable<String> leftOut) {
    ModelInputs rest = inputs;
    for (String name : leftOut) {
      rest = rest.without(name);
    }
    return rest.toString();
  }
}
