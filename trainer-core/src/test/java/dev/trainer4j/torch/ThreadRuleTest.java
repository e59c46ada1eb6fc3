// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ThreadRuleTest {

  @ParameterizedTest(name = "{0}: {1} x {2}, at most {3}: {4}")
  @CsvSource({
    "mlp of 784-128-64-10,          109386,     32,  64,  1",
    "the same in larger batches,    109386,    128,  64,  1",
    "784-256-128-10,                235146,    128,  64,  1",
    "784-512-256-10,                535818,    128,  64,  3",
    "784-1024-512-10,              1333770,     32,  64,  2",
    "784-1024-512-10,              1333770,    128,  64,  8",
    "bert-tiny of 16 x 64 tokens,  1438082,   1024,   2,  2",
    "bert-tiny of 16 x 64 tokens,  1438082,   1024,  64, 64",
    "bert-tiny of a short text,    1438082,     16,  64,  1",
    "bert-base of 8 x 128 tokens,109483778,   1024, 128,128",
    "bert-base with one processor,109483778,  1024,   1,  1",
    "no parameters,                      0,     32,  64,  1",
    "beyond all numbers,9223372036854775807,9223372036854775807, 8, 8",
  })
  void threadsFollowTheWorkOfAMicroBatch(
      String work, long parameters, long rows, int atMost, int threads) {
    assertThat(ThreadRule.threads(parameters, rows, atMost)).as(work).isEqualTo(threads);
  }

  @Test
  void rowsAreVectorsOfNumbersAndIdsOneByOne() {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray labels = manager.zeros(new Shape(32), DataType.INT64);
      NDArray vectors = manager.zeros(new Shape(32, 784));
      NDArray ids = manager.zeros(new Shape(16, 64), DataType.INT64);
      NDArray images = manager.zeros(new Shape(4, 3, 28, 28));
      NDArray mask = manager.zeros(new Shape(16, 1, 64, 64), DataType.BOOLEAN);
      NDArray targets = manager.zeros(new Shape(32));
      NDArray scalar = manager.create(1f);
      NDArray empty = manager.zeros(new Shape(0, 784));
      assertThat(ThreadRule.rows(List.of(vectors, labels))).isEqualTo(32);
      assertThat(ThreadRule.rows(List.of(ids, mask, labels))).isEqualTo(16 * 64);
      assertThat(ThreadRule.rows(List.of(images))).isEqualTo(4 * 3 * 28);
      assertThat(ThreadRule.rows(List.of(targets))).isEqualTo(32);
      assertThat(ThreadRule.rows(List.of(scalar, empty))).isEqualTo(1);
      assertThat(ThreadRule.rows(List.of())).isEqualTo(1);
    }
  }

  @Test
  void whoeverStartsTheProcessCanChooseTheThreads() {
    Properties none = new Properties();
    Properties two = new Properties();
    two.setProperty("ai.djl.pytorch.num_threads", "2");
    assertThat(ThreadRule.isSetUp(Map.of(), none)).isFalse();
    assertThat(ThreadRule.isSetUp(Map.of("PATH", "/bin"), none)).isFalse();
    assertThat(ThreadRule.isSetUp(Map.of(), two)).isTrue();
    assertThat(ThreadRule.isSetUp(Map.of("OMP_NUM_THREADS", "2"), none)).isTrue();
    assertThat(ThreadRule.isSetUp(Map.of("MKL_NUM_THREADS", "2"), none)).isTrue();
  }
}
