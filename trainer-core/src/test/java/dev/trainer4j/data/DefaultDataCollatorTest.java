// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatObject;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ObjectAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DefaultDataCollatorTest {

  private final NDManager manager = NDManager.newBaseManager("PyTorch");
  private final DefaultDataCollator collator = new DefaultDataCollator();

  @AfterEach
  void closeManager() {
    manager.close();
  }

  @Test
  void makesVectorsOfScalars() {
    assertField(DataType.INT64, 1, 2).satisfies(a -> assertLongs(a, 1, 2));
    assertField(DataType.INT64, 1L, -2L).satisfies(a -> assertLongs(a, 1, -2));
    assertField(DataType.FLOAT32, 1.5f, 2f).satisfies(a -> assertFloats(a, 1.5f, 2));
    assertField(DataType.FLOAT32, 1.5, 2.0).satisfies(a -> assertFloats(a, 1.5f, 2));
    assertField(DataType.BOOLEAN, true, false)
        .satisfies(a -> assertThat(a.toBooleanArray()).containsExactly(true, false));
  }

  @Test
  void makesMatricesOfArrays() {
    assertField(DataType.INT64, new int[] {1, 2}, new int[] {3, 4})
        .satisfies(a -> assertLongs(a, 1, 2, 3, 4))
        .satisfies(a -> assertThat(a.getShape()).isEqualTo(new Shape(2, 2)));
    assertField(DataType.INT64, new long[] {1, 2}, new int[] {3, 4})
        .satisfies(a -> assertLongs(a, 1, 2, 3, 4));
    assertField(DataType.FLOAT32, new float[] {1, 2}, new float[] {3, 4.5f})
        .satisfies(a -> assertFloats(a, 1, 2, 3, 4.5f));
    assertField(DataType.FLOAT32, new double[] {1, 2}, new double[] {3, 4})
        .satisfies(a -> assertFloats(a, 1, 2, 3, 4));
    assertField(DataType.BOOLEAN, new boolean[] {true}, new boolean[] {false})
        .satisfies(a -> assertThat(a.toBooleanArray()).containsExactly(true, false));
    assertField(DataType.UINT8, new byte[] {1}, new byte[] {(byte) 200})
        .satisfies(a -> assertThat(a.toUint8Array()).containsExactly(1, 200));
  }

  @Test
  void readsArraysOfDjl() {
    NDArray matrix = manager.create(new float[] {1, 2, 3, 4, 5, 6}, new Shape(2, 3));
    assertField(DataType.FLOAT32, matrix, new float[][] {{7, 8, 9}, {10, 11, 12}})
        .satisfies(a -> assertFloats(a, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12))
        .satisfies(a -> assertThat(a.getShape()).isEqualTo(new Shape(2, 2, 3)));
    assertField(DataType.FLOAT32, matrix.transpose(), matrix.transpose())
        .satisfies(a -> assertFloats(a, 1, 4, 2, 5, 3, 6, 1, 4, 2, 5, 3, 6));
    assertField(DataType.FLOAT32, matrix.get(":, 1"), manager.create(new double[] {0.5, 0.25}))
        .satisfies(a -> assertFloats(a, 2, 5, 0.5f, 0.25f));
    assertField(DataType.INT64, manager.create(7), manager.create(8L))
        .satisfies(a -> assertLongs(a, 7, 8))
        .satisfies(a -> assertThat(a.getShape()).isEqualTo(new Shape(2)));
    assertField(DataType.INT64, manager.create(new byte[] {-1, 2}), new int[] {3, 4})
        .satisfies(a -> assertLongs(a, -1, 2, 3, 4));
    assertField(DataType.BOOLEAN, manager.create(new boolean[] {true, false}))
        .satisfies(a -> assertThat(a.toBooleanArray()).containsExactly(true, false));
    assertField(DataType.UINT8, matrix.toType(DataType.UINT8, true))
        .satisfies(a -> assertThat(a.toUint8Array()).containsExactly(1, 2, 3, 4, 5, 6));
    assertField(DataType.FLOAT32, manager.create(new long[] {1, 2}), new float[] {3, 4.5f})
        .satisfies(a -> assertFloats(a, 1, 2, 3, 4.5f));
    assertThat(matrix.toFloatArray()).containsExactly(1, 2, 3, 4, 5, 6);
  }

  @Test
  void refusesArraysOfDjlThatCannotBeRead() {
    NDArray closed = manager.ones(new Shape(2));
    closed.close();
    assertRefused(closed, "Field 'x' of sample 0 is an NDArray that was closed");
    assertRefused(
        manager.ones(new Shape(2), DataType.FLOAT16), "type float16", "cast it to float32");
    assertRefused(List.of(manager.ones(new Shape(2)), new float[] {1}), "ragged inside");
    // One number that stands for all of them.
    assertRefused(
        manager.create(new float[] {1}).broadcast(new Shape(1L << 33)),
        "an NDArray with a dimension of 8589934592",
        "more than 2 GiB");
  }

  private void assertRefused(Object value, String... parts) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> collator.collate(List.of(Map.of("x", value)), manager))
        .satisfies(e -> assertThat(e.getMessage()).contains(parts));
  }

  @Test
  void stacksNestedArraysAndLists() {
    assertField(DataType.FLOAT32, (Object) new float[][] {{1, 2, 3}, {4, 5, 6}})
        .satisfies(a -> assertThat(a.getShape()).isEqualTo(new Shape(1, 2, 3)))
        .satisfies(a -> assertFloats(a, 1, 2, 3, 4, 5, 6));
    assertField(DataType.INT64, List.of(List.of(1, 2)), List.of(List.of(3, 4)))
        .satisfies(a -> assertThat(a.getShape()).isEqualTo(new Shape(2, 1, 2)))
        .satisfies(a -> assertLongs(a, 1, 2, 3, 4));
  }

  @Test
  void makesFloatsWhereWholeAndFloatingNumbersMix() {
    assertField(DataType.FLOAT32, 1, 1.5).satisfies(a -> assertFloats(a, 1, 1.5f));
    assertField(DataType.FLOAT32, List.of(1, 2.5), List.of(3, 4))
        .satisfies(a -> assertFloats(a, 1, 2.5f, 3, 4));
    assertField(DataType.FLOAT32, new long[] {7}, new double[] {.5})
        .satisfies(a -> assertFloats(a, 7, .5f));
  }

  @Test
  void renamesTheLabels() {
    for (String name : List.of("label", "label_ids", "labels")) {
      Map<String, Object> sample = new LinkedHashMap<>();
      sample.put(name, 1);
      sample.put("x", 2);
      assertThat(collator.collate(List.of(sample), manager).names()).containsExactly("labels", "x");
    }
    assertRejected(List.of(Map.of("label", 1, "labels", 1)), "more than one", "Keep one");
  }

  @Test
  void makesOneArrayPerField() {
    collator.collate(Collections.nCopies(50, Map.of("x", 1, "y", new float[9])), manager);
    assertThat(manager.getManagedArrays()).hasSize(2);
  }

  @Test
  void pointsToPaddingForRaggedSequences() {
    assertRejected(
        samples(new int[3], new int[3], new int[5]),
        "'x'",
        "length 3 in sample 0",
        "length 5 in sample 2",
        "PaddingCollator");
    assertRejected(
        samples(new float[2][3], new float[2][4]), "'x'", "shape [2, 3]", "shape [2, 4]");
    assertRejected(samples((Object) new float[][] {{1}, {1, 2}}), "'x'", "ragged inside", "part 1");
  }

  @Test
  void saysWhatToDoWithTextNullAndOtherObjects() {
    assertRejected(samples(1, "hello"), "'x' of sample 1", "is text", "tokenize");
    assertRejected(
        List.of(Map.of("x", 1), Collections.singletonMap("x", null)), "'x' of sample 1", "null");
    assertRejected(samples(new StringBuilder[0].getClass()), "'x'", "java.lang.Class");
    assertRejected(samples((Object) new String[] {"a"}), "'x'", "is text");
    assertRejected(samples(true, 1), "'x'", "mixes boolean and int64");
    assertRejected(samples(new int[0], new int[0]), "'x'", "empty in every sample");
  }

  @Test
  void namesTheFieldsThatASampleLacksOrAdds() {
    assertRejected(
        List.of(Map.of("a", 1, "b", 1), Map.of("a", 1, "c", 1)),
        "Sample 1",
        "lacks [b]",
        "[c] in addition");
    assertRejected(List.of(), "at least one sample");
  }

  private ObjectAssert<NDArray> assertField(DataType type, Object... values) {
    ModelInputs inputs = collator.collate(samples(values), manager);
    assertThat(inputs.batchSize()).isEqualTo(values.length);
    NDArray array = inputs.get("x");
    assertThat(array.getDataType()).isEqualTo(type);
    return assertThatObject(array);
  }

  private static List<Map<String, ?>> samples(Object... values) {
    List<Map<String, ?>> samples = new ArrayList<>();
    for (Object value : values) {
      samples.add(Map.of("x", value));
    }
    return samples;
  }

  private static void assertLongs(NDArray array, long... expected) {
    assertThat(array.toLongArray()).containsExactly(expected);
  }

  private static void assertFloats(NDArray array, float... expected) {
    assertThat(array.toFloatArray()).containsExactly(expected);
  }

  private void assertRejected(List<Map<String, ?>> samples, CharSequence... messageParts) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> collator.collate(samples, manager))
        .withMessageContainingAll(messageParts);
  }
}
