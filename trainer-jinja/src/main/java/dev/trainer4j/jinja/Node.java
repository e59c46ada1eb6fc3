// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of a compiled template. A tree is made by the parser, gets its slots from {@link #resolve},
 * and never changes afterwards, so that threads may share it.
 */
abstract class Node {

  /** Deeper trees would need more stack than a thread has by default. */
  private static final int DEEPEST = 300;

  final int line;

  /** How many nodes lie below each other here, at most. */
  final int depth;

  Node(int line, List<? extends @Nullable Node> children) {
    this.line = line;
    int deepest = 0;
    for (Node child : children) {
      deepest = child == null ? deepest : Math.max(deepest, child.depth);
    }
    depth = deepest + 1;
    if (depth > DEEPEST) {
      throw PyError.recursion("the template is nested more than " + DEEPEST + " deep");
    }
  }

  /** The parts in the order of their evaluation. */
  abstract List<? extends Node> children();

  /** Tells a scope which names are read and written here, but for what opens a scope of its own. */
  void declare(Scope scope) {
    for (Node child : children()) {
      child.declare(scope);
    }
  }

  /** Finds the slots of the names here, and what else can be known before rendering. */
  void resolve(Scope scope) {
    for (Node child : children()) {
      child.resolve(scope);
    }
  }
}
