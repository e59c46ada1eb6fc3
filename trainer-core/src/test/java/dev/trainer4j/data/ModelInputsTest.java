// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ModelInputsTest {

  private final NDManager manager = NDManager.newBaseManager("PyTorch");
  private final NDArray ids = manager.create(new long[6], new Shape(3, 2));
  private final NDArray labels = manager.create(new long[3]);

  @AfterEach
  void closeManager() {
    manager.close();
  }

  @Test
  void keepsNamesInOrder() {
    ModelInputs inputs = ModelInputs.of("z", ids).with("a", labels).with("m", ids);
    assertThat(inputs.names()).containsExactly("z", "a", "m");
    assertThat(inputs.toNDList()).containsExactly(ids, labels, ids);
    assertThat(inputs.with("a", ids).names()).containsExactly("z", "a", "m");
    assertThat(inputs).hasToString("{z(3, 2) int64, a(3) int64, m(3, 2) int64}");
  }

  @Test
  void isNotChangedByItsCopiesOrItsSource() {
    Map<String, NDArray> source = new LinkedHashMap<>(Map.of("ids", ids));
    ModelInputs inputs = ModelInputs.of(source);
    source.clear();
    ModelInputs more = inputs.with("labels", labels);
    assertThat(inputs.names()).containsExactly("ids");
    assertThat(more.without("ids").names()).containsExactly("labels");
    assertThat(more.without("absent").names()).containsExactly("ids", "labels");
  }

  @Test
  void listsTheNamesPresentWhenOneIsMissing() {
    ModelInputs inputs = ModelInputs.of("ids", ids).with("labels", labels);
    assertThat(inputs.get("ids")).isSameAs(ids);
    assertThat(inputs.find("mask")).isEmpty();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> inputs.get("mask"))
        .withMessageContainingAll("'mask'", "ids", "labels");
  }

  @Test
  void takesTheBatchSizeFromTheFirstArray() {
    assertThat(ModelInputs.of("ids", ids).batchSize()).isEqualTo(3);
    assertThatIllegalStateException().isThrownBy(() -> ModelInputs.empty().batchSize());
    assertThatIllegalStateException()
        .isThrownBy(() -> ModelInputs.of("scale", manager.create(1f)).batchSize())
        .withMessageContainingAll("'scale'", "scalar");
  }
}
