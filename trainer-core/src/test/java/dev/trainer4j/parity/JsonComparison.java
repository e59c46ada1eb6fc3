// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.parity;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * Compares two trees key by key, numbers within a tolerance.
 *
 * @param relative largest difference as a share of the golden number
 * @param absolute largest difference whatever the golden number
 */
record JsonComparison(double relative, double absolute) {

  JsonComparison(double relative) {
    this(relative, 0);
  }

  void compare(String path, JsonNode golden, JsonNode ours) {
    if (golden.isNumber()) {
      double expected = golden.asDouble();
      assertThat(ours.isNumber()).as("%s is a number: %s", path, ours).isTrue();
      assertThat(Math.abs(ours.asDouble() - expected))
          .as("%s: golden %s, ours %s", path, golden, ours)
          .isLessThanOrEqualTo(Math.max(absolute, relative * Math.abs(expected)));
    } else if (golden.isArray()) {
      assertThat(ours.size()).as("length of %s", path).isEqualTo(golden.size());
      for (int i = 0; i < golden.size(); i++) {
        compare(path + "[" + i + "]", golden.get(i), ours.get(i));
      }
    } else if (golden.isObject()) {
      assertThat(keys(ours))
          .as("keys of %s", path)
          .containsExactlyInAnyOrderElementsOf(keys(golden));
      golden
          .properties()
          .forEach(
              field ->
                  compare(path + "." + field.getKey(), field.getValue(), ours.get(field.getKey())));
    } else {
      assertThat(ours).as(path).isEqualTo(golden);
    }
  }

  private static List<String> keys(JsonNode object) {
    List<String> keys = new ArrayList<>();
    object.fieldNames().forEachRemaining(keys::add);
    return keys;
  }
}
