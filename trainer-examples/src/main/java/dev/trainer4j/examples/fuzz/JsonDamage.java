// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.fuzz;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Damages JSON as somebody does who knows what it means, or as a bad disk does. */
final class JsonDamage {

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "false",
          "0",
          "1",
          "-1",
          "2",
          "7",
          "100",
          "1000",
          "65536",
          "268435456",
          "2147483647",
          "4294967296",
          "9223372036854775807",
          "18446744073709551616",
          "-9223372036854775808",
          "0.5",
          "-0.5",
          "1e-300",
          "1e308",
          "1e999",
          "\"\"",
          "\" \"",
          "\"a\"",
          "\"\\ud800\"",
          "\"\\u0000\"",
          "\"NaN\"",
          "\"../../x\"",
          "\"(a+)+$\"",
          "\".*.*.*x\"",
          "\"é😀\"",
          "[]",
          "{}",
          "[[]]",
          "[null]",
          "[0]",
          "[\"a\"]",
          "{\"\":0}",
          "{\"type\":\"Sequence\"}");

  private JsonDamage() {}

  /** Returns the text of a damaged copy of a tree. */
  static byte[] damage(JsonNode tree, Random random) {
    JsonNode copy = tree.deepCopy();
    for (int i = random.nextInt(3); i >= 0; i--) {
      copy = change(copy, random);
    }
    byte[] bytes = copy.toString().getBytes(StandardCharsets.UTF_8);
    return random.nextInt(4) == 0 ? damage(bytes, random) : bytes;
  }

  /** Returns damaged bytes. */
  static byte[] damage(byte[] bytes, Random random) {
    if (bytes.length == 0) {
      return new byte[] {(byte) random.nextInt()};
    }
    int at = random.nextInt(bytes.length);
    int end = at + random.nextInt(Math.min(20, bytes.length - at + 1));
    return switch (random.nextInt(5)) {
      case 0 -> {
        byte[] flipped = bytes.clone();
        flipped[at] ^= (byte) (1 << random.nextInt(8));
        yield flipped;
      }
      case 1 -> Arrays.copyOf(bytes, at);
      case 2 -> join(bytes, at, end, new byte[0]);
      case 3 -> join(bytes, at, at, Arrays.copyOfRange(bytes, at, end));
      default -> join(bytes, at, end, value(random).getBytes(StandardCharsets.UTF_8));
    };
  }

  private static byte[] join(byte[] bytes, int from, int to, byte[] inserted) {
    byte[] result = Arrays.copyOf(bytes, bytes.length - (to - from) + inserted.length);
    System.arraycopy(inserted, 0, result, from, inserted.length);
    System.arraycopy(bytes, to, result, from + inserted.length, bytes.length - to);
    return result;
  }

  private static String value(Random random) {
    return VALUES.get(random.nextInt(VALUES.size()));
  }

  /** Replaces, removes, moves or repeats one value. */
  private static JsonNode change(JsonNode root, Random random) {
    List<JsonNode> containers = new ArrayList<>();
    collect(root, containers);
    if (containers.isEmpty()) {
      return parse(value(random));
    }
    JsonNode container = containers.get(random.nextInt(containers.size()));
    JsonNode other = containers.get(random.nextInt(containers.size())).deepCopy();
    JsonNode replacement =
        switch (random.nextInt(4)) {
          case 0 -> other;
          case 1 -> other.size() > 0 ? other.elements().next() : other;
          default -> parse(value(random));
        };
    if (container instanceof ObjectNode object) {
      List<String> keys = new ArrayList<>();
      object.fieldNames().forEachRemaining(keys::add);
      String key = keys.get(random.nextInt(keys.size()));
      switch (random.nextInt(4)) {
        case 0 -> object.remove(key);
        case 1 -> object.set(keys.get(random.nextInt(keys.size())), object.get(key).deepCopy());
        default -> object.set(key, replacement);
      }
    } else if (container instanceof ArrayNode array) {
      int place = random.nextInt(array.size());
      switch (random.nextInt(4)) {
        case 0 -> array.remove(place);
        case 1 -> array.insert(random.nextInt(array.size() + 1), array.get(place).deepCopy());
        default -> array.set(place, replacement);
      }
    }
    return root;
  }

  private static void collect(JsonNode node, List<JsonNode> containers) {
    if (node.isContainerNode() && !node.isEmpty()) {
      containers.add(node);
      node.forEach(child -> collect(child, containers));
    }
  }

  static JsonNode parse(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(text, e);
    }
  }
}
