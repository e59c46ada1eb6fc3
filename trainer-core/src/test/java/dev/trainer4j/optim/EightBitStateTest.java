// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.model.FunctionModel;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.testing.TestDevice;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** State of 8 bits in blocks, against the figures of {@code optimizers_more.py}. */
class EightBitStateTest {

  private static final int ROWS = 96;
  private static final int COLUMNS = 50;
  private static final int SHOWN = 97;

  private NDManager manager;
  private JsonNode figures;

  @BeforeEach
  void open() throws IOException {
    manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch");
    figures =
        new ObjectMapper()
            .readTree(EightBitStateTest.class.getResource("/parity/optimizers_more.json"));
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void theCodesAreBitsandbytesDynamicMaps() {
    assertThat(BlockwiseCode.shares(true)).hasSize(256).isSorted();
    assertCode(BlockwiseCode.shares(true), figures.get("maps").get("signed"));
    assertCode(BlockwiseCode.shares(false), figures.get("maps").get("unsigned"));
  }

  private static void assertCode(List<Double> shares, JsonNode expected) {
    assertThat(expected).hasSize(shares.size());
    for (int i = 0; i < shares.size(); i++) {
      assertThat(shares.get(i)).isCloseTo(expected.get(i).asDouble(), within(1e-12));
    }
  }

  @Test
  void aLargeParameterFollowsTheFormulaThroughTheCode() {
    NDArray weight = values(i -> Math.sin(i * 0.7));
    try (Optimizer optimizer = optimizer(weight)) {
      for (int update = 0; update < figures.get("wide").get("after").size(); update++) {
        step(optimizer, weight, gradient(update));
        JsonNode expected = figures.get("wide").get("after").get(update).get("wide");
        float[] actual = weight.toFloatArray();
        for (int i = 0; i < expected.size(); i++) {
          assertThat((double) actual[i * SHOWN])
              .as("update %d, number %d", update + 1, i * SHOWN)
              .isCloseTo(expected.get(i).asDouble(), within(2e-5));
        }
      }
    }
  }

  @Test
  void aLargeParameterHasStateOfAByteANumberAndASmallOneItsOwn() {
    NDArray large = manager.zeros(new Shape(64, 65));
    NDArray small = manager.zeros(new Shape(64, 63));
    try (Optimizer optimizer = optimizer(large)) {
      Map<String, NDArray> state = optimizer.state();
      assertThat(state.get("w.state1").getDataType()).isEqualTo(DataType.UINT8);
      assertThat(state.get("w.state2").getShape()).isEqualTo(new Shape(64, 65));
      assertThat(state.get("w.absmax1").getShape()).isEqualTo(new Shape(17));
    }
    try (Optimizer optimizer = optimizer(small)) {
      assertThat(optimizer.state().get("w.state1").getDataType()).isEqualTo(DataType.FLOAT32);
      assertThat(optimizer.state()).doesNotContainKey("w.absmax1");
    }
  }

  @Test
  void aBlockWithoutGradientsOnlyDecays() {
    NDArray weight = manager.ones(new Shape(5000));
    try (Optimizer optimizer = optimizer(weight)) {
      step(optimizer, weight, manager.zeros(new Shape(5000)));
      assertThat(weight.toFloatArray()).containsOnly(1f - 0.01f * 0.1f);
    }
  }

  private NDArray values(IntToDoubleFunction formula) {
    float[] values = new float[ROWS * COLUMNS];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) formula.applyAsDouble(i);
    }
    return manager.create(values, new Shape(ROWS, COLUMNS));
  }

  private NDArray gradient(int update) {
    return values(
        i -> Math.sin(i * (0.3 + 0.11 * update)) * Math.pow(10, Math.cos(i * 0.013 + update) * 2));
  }

  private Optimizer optimizer(NDArray weight) {
    FunctionModel model =
        new FunctionModel(
            Map.of("w", weight), manager, (inputs, training) -> ModelOutput.logits(weight));
    return Optimizers.adamW8bit(
        List.of(new ParameterGroup(model.parameters(), 0.01, 0.1)), 0.9, 0.99, 1e-8);
  }

  private static void step(Optimizer optimizer, NDArray weight, NDArray gradient) {
    try (ArrayScope scope = ArrayScope.open();
        Autograd autograd = new Autograd()) {
      NDArray loss;
      try (Autograd.Recording on = Autograd.record(true)) {
        loss = weight.mul(gradient).sum();
        autograd.backward(loss);
      }
      optimizer.update(
          new UpdateRequest(List.of(loss), LossWeight.of(1), 1, 0, 1, true, UpdateRanks.single()),
          new Unwatched());
    }
  }

  private static final class Unwatched implements UpdateObserver {
    @Override
    public boolean isWatching() {
      return false;
    }

    @Override
    public void beforeStep() {}

    @Override
    public void afterStep() {}
  }
}
