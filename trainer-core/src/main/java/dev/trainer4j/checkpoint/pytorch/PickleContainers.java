// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint.pytorch;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The lists, tuples and dictionaries of a pickle while they are being filled.
 *
 * <p>A container that has been put into another one is complete: nothing can be added to it any
 * more. That is so in every pickle of a tree, and it rules out one that contains itself, and one
 * that grows deeper after its depth was measured.
 */
final class PickleContainers {
  private static final int MAX_DEPTH = 32;
  private static final int MAX_CONTAINERS = 500_000;

  private final IdentityHashMap<Object, Integer> depths = new IdentityHashMap<>();
  private final Set<Object> open = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Set<Object> tuples = Collections.newSetFromMap(new IdentityHashMap<>());

  List<@Nullable Object> newList() throws TorchFileException {
    List<@Nullable Object> list = new ArrayList<>(0);
    register(list, 1);
    open.add(list);
    return list;
  }

  Map<Object, @Nullable Object> newMap() throws TorchFileException {
    Map<Object, @Nullable Object> map = new LinkedHashMap<>();
    register(map, 1);
    open.add(map);
    return map;
  }

  List<@Nullable Object> tuple(List<@Nullable Object> items) throws TorchFileException {
    // A view of its own: an empty list must not be one object with every other.
    List<@Nullable Object> tuple = Collections.unmodifiableList(items);
    register(tuple, 1 + close(items));
    tuples.add(tuple);
    return tuple;
  }

  boolean isTuple(Object value) {
    return tuples.contains(value);
  }

  void append(@Nullable Object target, List<@Nullable Object> items) throws TorchFileException {
    int depth = 1 + close(items);
    if (!(target instanceof List<?>) || !open.contains(target)) {
      throw new TorchFileException("its pickle appends to what is no list, or a finished one");
    }
    deepen(target, depth);
    @SuppressWarnings("unchecked") // Only newList makes open lists.
    List<@Nullable Object> list = (List<@Nullable Object>) target;
    list.addAll(items);
  }

  void put(@Nullable Object target, List<@Nullable Object> items) throws TorchFileException {
    int depth = 1 + close(items);
    if (!(target instanceof Map<?, ?>) || !open.contains(target) || items.size() % 2 != 0) {
      throw new TorchFileException("its pickle adds to what is no dictionary, or a finished one");
    }
    deepen(target, depth);
    @SuppressWarnings("unchecked") // Only newMap makes open maps.
    Map<Object, @Nullable Object> map = (Map<Object, @Nullable Object>) target;
    for (int i = 0; i < items.size(); i += 2) {
      Object key = items.get(i);
      if (!(key instanceof String || key instanceof Long)) {
        throw new TorchFileException("its pickle has a key that is neither text nor number");
      }
      map.put(key, items.get(i + 1));
    }
  }

  /** Completes the items and returns the depth of the deepest, 0 if none is a container. */
  private int close(List<@Nullable Object> items) {
    int deepest = 0;
    for (Object item : items) {
      open.remove(item);
      deepest = Math.max(deepest, depths.getOrDefault(item, 0));
    }
    return deepest;
  }

  private void register(Object container, int depth) throws TorchFileException {
    if (depths.size() == MAX_CONTAINERS) {
      throw new TorchFileException(
          "its pickle holds more than " + MAX_CONTAINERS + " lists and dictionaries");
    }
    deepen(container, depth);
  }

  private void deepen(Object container, int depth) throws TorchFileException {
    if (depth > MAX_DEPTH) {
      throw new TorchFileException("its pickle is nested more than " + MAX_DEPTH + " deep");
    }
    depths.merge(container, depth, Math::max);
  }
}
