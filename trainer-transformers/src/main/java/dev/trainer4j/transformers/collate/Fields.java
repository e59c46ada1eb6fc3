// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.collate;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads fields of samples, which come from tokenizers, files or caches. */
final class Fields {

  static final String INPUT_IDS = "input_ids";
  static final String LABELS = "labels";
  private static final Set<String> LABEL_NAMES = Set.of("label", "label_ids", LABELS);

  private Fields() {}

  /** The ids in a field: an array or a list of whole numbers. */
  static int[] ints(Map<String, ?> sample, String field, int number) {
    Object value = sample.get(field);
    if (value instanceof int[] ints) {
      return ints;
    }
    int[] result = null;
    if (value instanceof long[] longs) {
      result = new int[longs.length];
      for (int i = 0; i < longs.length; i++) {
        result[i] = Math.toIntExact(longs[i]);
      }
    } else if (value instanceof List<?> list
        && list.stream().allMatch(e -> e instanceof Integer || e instanceof Long)) {
      result = list.stream().mapToInt(e -> Math.toIntExact(((Number) e).longValue())).toArray();
    }
    if (result == null) {
      throw wrong(field, number, "is " + describe(value) + ", expected an array of ids");
    }
    return result;
  }

  /** Returns whether {@link #ints} takes a value. */
  static boolean isInts(Object value) {
    return value instanceof int[]
        || value instanceof long[]
        || (value instanceof List<?> list
            && list.stream().allMatch(e -> e instanceof Integer || e instanceof Long));
  }

  /** The name under which a sample has its labels; {@code labels} if it has none. */
  static String labelName(Map<String, ?> sample) {
    return sample.keySet().stream().filter(LABEL_NAMES::contains).findFirst().orElse(LABELS);
  }

  static boolean hasLabels(Map<String, ?> sample) {
    return sample.keySet().stream().anyMatch(LABEL_NAMES::contains);
  }

  static Map<String, Object> without(Map<String, ?> sample, Set<String> fields) {
    Map<String, Object> rest = new LinkedHashMap<>(sample);
    rest.keySet().removeAll(fields);
    return rest;
  }

  static Map<String, Object> withoutLabels(Map<String, ?> sample) {
    return without(sample, LABEL_NAMES);
  }

  static IllegalArgumentException wrong(String field, int number, String what) {
    return new IllegalArgumentException(
        "Field '" + field + "' of sample " + number + " of the batch " + what + ".");
  }

  static String describe(@Nullable Object value) {
    return value == null ? "missing" : "of type " + value.getClass().getSimpleName();
  }
}
