// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A value in a JSON file that knows where it stands. Whatever it is asked for and is not leads to an error
 * with the file, the place, the value and what was expected. A null counts as missing.
 */
public final class JsonPlace {

  private static final int MAX_SHOWN = 120;

  private final String source;
  private final String path;
  private final JsonNode node;
  private final BiFunction<String, @Nullable Throwable, ? extends RuntimeException> errors;

  JsonPlace(
      String source,
      String path,
      JsonNode node,
      BiFunction<String, @Nullable Throwable, ? extends RuntimeException> errors) {
    this.source = source;
    this.path = path;
    this.node = node.isNull() ? MissingNode.getInstance() : node;
    this.errors = errors;
  }

  /** Returns the place as in {@code stateful_callbacks.EarlyStoppingCallback}; empty for the whole file. */
  public String path() {
    return path;
  }

  /** Returns the value; a missing node if there is none. */
  public JsonNode node() {
    return node;
  }

  /** Returns whether there is a value other than null. */
  public boolean exists() {
    return !node.isMissingNode();
  }

  /** Returns whether there is a value other than null under a key. */
  public boolean has(String key) {
    return node.hasNonNull(key);
  }

  /** Returns the value of a key. */
  public JsonPlace at(String key) {
    return inside(path.isEmpty() ? key : path + "." + key, node.path(key));
  }

  private JsonPlace inside(String place, JsonNode value) {
    return new JsonPlace(source, place, value, errors);
  }

  /** Returns the elements of this array; none if it is missing. */
  public List<JsonPlace> elements() {
    if (exists() && !node.isArray()) {
      throw wrong("an array");
    }
    List<JsonPlace> elements = new ArrayList<>(node.size());
    for (int i = 0; i < node.size(); i++) {
      elements.add(inside(path + "[" + i + "]", node.get(i)));
    }
    return elements;
  }

  /** Returns the values of this object by key; none if it is missing. */
  public Map<String, JsonPlace> entries() {
    if (exists() && !node.isObject()) {
      throw wrong("an object");
    }
    Map<String, JsonPlace> entries = new LinkedHashMap<>();
    node.properties().forEach(entry -> entries.put(entry.getKey(), at(entry.getKey())));
    return entries;
  }

  /** Shows every object at and below this place. */
  public void everyObject(Consumer<JsonPlace> consumer) {
    if (node.isObject()) {
      consumer.accept(this);
      entries().values().forEach(value -> value.everyObject(consumer));
    } else if (node.isArray()) {
      elements().forEach(element -> element.everyObject(consumer));
    }
  }

  /** Returns this text. */
  public String text() {
    if (!node.isTextual()) {
      throw wrong("a text");
    }
    return node.textValue();
  }

  /** Returns this as true or false; {@code otherwise} if it is missing. */
  public boolean flag(boolean otherwise) {
    if (!exists()) {
      return otherwise;
    }
    if (!node.isBoolean()) {
      throw wrong("true or false");
    }
    return node.booleanValue();
  }

  /** Returns this whole number. */
  public long integer() {
    if (!node.isIntegralNumber() || !node.canConvertToLong()) {
      throw wrong("a whole number");
    }
    return node.longValue();
  }

  /** Returns this whole number from 0 on. */
  public long count() {
    if (!node.isIntegralNumber() || !node.canConvertToLong() || node.longValue() < 0) {
      throw wrong("a whole number from 0 on");
    }
    return node.longValue();
  }

  /** Returns this whole number from 0 on; {@code otherwise} if it is missing. */
  public long count(long otherwise) {
    return exists() ? count() : otherwise;
  }

  /** Returns this number, which may also be the text of one that is not finite, such as {@code "NaN"}. */
  public double number() {
    if (node.isNumber()) {
      return node.doubleValue();
    }
    return switch (node.asText()) {
      case "NaN" -> Double.NaN;
      case "Infinity" -> Double.POSITIVE_INFINITY;
      case "-Infinity" -> Double.NEGATIVE_INFINITY;
      default -> throw wrong("a number");
    };
  }

  /** Returns this object as plain maps, lists, texts, numbers and booleans; empty if it is missing. */
  public Map<String, @Nullable Object> map() {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    entries().forEach((key, value) -> map.put(key, value.plain()));
    return map;
  }

  private @Nullable Object plain() {
    if (node.isObject()) {
      return map();
    }
    if (node.isArray()) {
      List<@Nullable Object> list = new ArrayList<>();
      elements().forEach(element -> list.add(element.plain()));
      return list;
    }
    if (node.isBoolean()) {
      return node.booleanValue();
    }
    return !exists() ? null : node.isNumber() ? node.numberValue() : node.textValue();
  }

  /**
   * Returns what to throw where the value is not what it should be.
   *
   * @param expected such as {@code a whole number from 0 on}
   */
  public RuntimeException wrong(String expected) {
    return errors.apply(
        source
            + ": "
            + (path.isEmpty() ? "the whole" : path)
            + " is "
            + (exists() ? shown(node) : "missing")
            + ", expected "
            + expected,
        null);
  }

  /**
   * Returns what to throw where the value is of the right kind and yet cannot be used.
   *
   * @param why a sentence without a full stop
   */
  public RuntimeException refused(String why) {
    return errors.apply(source + ": " + path + " is " + shown(node) + ": " + why, null);
  }

  static String shown(JsonNode node) {
    if (node.isContainerNode() && node.size() > MAX_SHOWN) {
      return (node.isArray() ? "an array of " : "an object of ") + node.size() + " values";
    }
    String text = node.toString();
    return text.length() > MAX_SHOWN ? text.substring(0, MAX_SHOWN) + "..." : text;
  }
}
