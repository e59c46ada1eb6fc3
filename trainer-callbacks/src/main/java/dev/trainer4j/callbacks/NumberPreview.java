// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The numbers of one example as text; the first few, if there are many. */
final class NumberPreview {

  private static final int SHOWN = 8;

  private NumberPreview() {}

  /** Describes example {@code index} of {@code batch}. */
  static String of(NDArray batch, long index) {
    NDArray example = batch.getShape().isScalar() ? batch : batch.get(index);
    String shape = example.getShape().isScalar() ? "" : example.getShape() + " ";
    String numbers =
        switch (example.getDataType()) {
          case INT64, INT32 ->
              join(Arrays.stream(wholeNumbers(example)).limit(SHOWN).mapToObj(Long::toString));
          case FLOAT32, FLOAT64, BOOLEAN, UINT8, INT8 ->
              join(
                  Arrays.stream(example.toArray())
                      .limit(SHOWN)
                      .map(number -> String.format(Locale.ROOT, "%.4g", number.doubleValue())));
          default -> example.getDataType().toString();
        };
    return shape + numbers + (example.size() > SHOWN ? " ..." : "");
  }

  private static String join(Stream<String> numbers) {
    return numbers.collect(Collectors.joining(" "));
  }

  static long[] wholeNumbers(NDArray array) {
    return array.getDataType() == DataType.INT64
        ? array.toLongArray()
        : Arrays.stream(array.toArray()).mapToLong(Number::longValue).toArray();
  }
}
