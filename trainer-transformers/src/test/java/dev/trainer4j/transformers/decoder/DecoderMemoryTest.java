// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.decoder;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.transformers.ParityModels;
import dev.trainer4j.transformers.PretrainedModel;
import java.lang.reflect.Field;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A caller who owns the inputs owns all that a pass makes, without a scope. */
class DecoderMemoryTest {

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "mistral", "llama-dynamic", "qwen2-window"})
  void passesLeaveNothingOnTheManagersOfTheModel(String name) throws Exception {
    try (PretrainedModel model = ParityModels.load(name)) {
      pass(model);
      int before = arrays(model);
      for (int i = 0; i < 100; i++) {
        pass(model);
      }
      assertThat(arrays(model)).isEqualTo(before);
    }
  }

  private static void pass(PretrainedModel model) {
    try (NDManager manager = model.manager().newSubManager()) {
      Shape shape = new Shape(2, 100);
      NDArray ids = manager.arange(200).add(10).reshape(shape);
      NDArray mask = ids.gt(12).toType(ai.djl.ndarray.types.DataType.INT64, false);
      model.forward(ModelInputs.of("input_ids", ids).with("attention_mask", mask), false);
    }
  }

  /** The managers of constants and tables are bases of their own, so nothing public counts them. */
  private static int arrays(PretrainedModel model) throws ReflectiveOperationException {
    Object kernels =
        field(field(field(field(model, "core"), "tensors"), "architecture"), "kernels");
    return count(model.manager())
        + count(field(kernels, "scalars"))
        + count(field(kernels, "tables"));
  }

  private static Object field(Object object, String name) throws ReflectiveOperationException {
    Field field = object.getClass().getDeclaredField(name);
    field.setAccessible(true);
    return field.get(object);
  }

  private static int count(Object manager) {
    return ((PtNDManager) manager).getManagedArrays().size();
  }
}
