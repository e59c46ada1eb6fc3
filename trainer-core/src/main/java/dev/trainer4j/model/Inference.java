// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDResource;
import ai.djl.ndarray.types.DataType;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.TorchFunctions;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A model's answer outside of training, as Java values: the way to ask a model in a service.
 *
 * <pre>{@code
 * float[] scores = Inference.run(model,
 *     manager -> ModelInputs.of("features", manager.create(row, new Shape(1, row.length))),
 *     output -> Inference.floats(output.logits()));
 * }</pre>
 *
 * <p>Every array of a call is freed when the call ends, whatever manager it belongs to; nothing is recorded for
 * gradients, and dropout is off. A plain {@code model.forward(...)} leaves its arrays with the model's manager:
 * in a program that runs for long, they pile up until the memory is full, and nothing tells.
 *
 * <p>Several threads may call it for one model at a time, where the model's forward pass allows that: pretrained and
 * TorchScript models do, and blocks whose layers keep no state of a pass.
 */
public final class Inference {

  private Inference() {}

  /**
   * Runs a model once.
   *
   * @param inputs makes the arrays of the call with the manager that it gets, which closes with the call
   * @param read takes Java values out of the output; it runs before the arrays are freed
   * @return what {@code read} returned
   * @throws IllegalArgumentException if {@code read} returns an array, or a list or map of arrays: they are freed
   * @throws IllegalStateException if the model is closed
   */
  public static <R> R run(
      TrainableModel model,
      Function<NDManager, ModelInputs> inputs,
      Function<ModelOutput, R> read) {
    requireOpen(model.manager());
    try (Autograd.Recording off = Autograd.record(false);
        ArrayScope scope = ArrayScope.open();
        NDManager manager = model.manager().newSubManager()) {
      manager.setName("inference");
      R result = read.apply(model.forward(inputs.apply(manager), false));
      if (holdsArrays(result)) {
        throw new IllegalArgumentException(
            "read returned "
                + result.getClass().getSimpleName()
                + ", whose arrays are freed when the call ends: return Java values, such as with"
                + " Inference.floats(output.logits())");
      }
      return result;
    }
  }

  /**
   * Refuses a model that is closed, in words that the engine has not.
   *
   * @param manager the model's
   * @throws IllegalStateException if it is closed
   */
  public static void requireOpen(NDManager manager) {
    if (!manager.isOpen()) {
      throw new IllegalStateException(
          "the model is closed: close it when nothing uses it any more, after its trainer");
    }
  }

  private static boolean holdsArrays(@Nullable Object result) {
    if (result instanceof Map<?, ?> map) {
      return map.values().stream().anyMatch(Inference::holdsArrays);
    }
    if (result instanceof Iterable<?> all && !(result instanceof Path)) {
      for (Object one : all) {
        if (holdsArrays(one)) {
          return true;
        }
      }
    }
    return result instanceof NDResource || result instanceof ModelOutput;
  }

  /** Returns the numbers of an array of any device and any type, row by row, as float32. */
  public static float[] floats(NDArray array) {
    try (NDManager owner = NDManager.newBaseManager(ai.djl.Device.cpu(), "PyTorch")) {
      NDArray full = TorchFunctions.toFloat32(array);
      NDArray here = TorchFunctions.toCpu(full, owner);
      return here.getDataType() == DataType.FLOAT32
          ? here.toFloatArray()
          : toFloat32(here, owner).toFloatArray();
    }
  }

  private static NDArray toFloat32(NDArray array, NDManager owner) {
    return ArrayScope.keep(array.toType(DataType.FLOAT32, false), owner);
  }

  /**
   * Returns the numbers of an array of shape [rows, columns], a row each.
   *
   * @throws IllegalArgumentException if the array has not two dimensions
   */
  public static float[][] rows(NDArray array) {
    if (array.getShape().dimension() != 2) {
      throw new IllegalArgumentException(
          "the array has shape " + array.getShape() + ", expected [rows, columns]");
    }
    int rows = (int) array.getShape().get(0);
    int columns = (int) array.getShape().get(1);
    float[] all = floats(array);
    float[][] result = new float[rows][];
    for (int i = 0; i < rows; i++) {
      result[i] = Arrays.copyOfRange(all, i * columns, (i + 1) * columns);
    }
    return result;
  }
}
