// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A statement. */
abstract class Stmt extends Node {

  /** How a statement ends: it goes on with the next one, or leaves the loop, or goes on with it. */
  enum Flow {
    NEXT,
    BREAK,
    CONTINUE
  }

  Stmt(int line, List<? extends @Nullable Node> children) {
    super(line, children);
  }

  abstract Flow exec(Frame frame);

  static Flow run(Frame frame, Stmt[] body) {
    for (Stmt statement : body) {
      Flow flow = statement.exec(frame);
      if (flow != Flow.NEXT) {
        return flow;
      }
    }
    return Flow.NEXT;
  }

  static void declare(Scope scope, List<? extends Node> nodes) {
    nodes.forEach(node -> node.declare(scope));
  }

  static void resolve(Scope scope, List<? extends Node> nodes) {
    nodes.forEach(node -> node.resolve(scope));
  }

  /** Whether a name is read in nodes, before one of them assigns it. */
  static boolean reads(List<? extends Node> nodes, String name) {
    return Boolean.TRUE.equals(use(nodes, name));
  }

  /** Returns true if the first use of a name reads it, false if it assigns it, null without any. */
  private static @Nullable Boolean use(List<? extends Node> nodes, String name) {
    for (Node node : nodes) {
      if (node instanceof Name read && read.name.equals(name)) {
        return true;
      }
      if (node instanceof Target.Named target && target.name.equals(name)) {
        return false;
      }
      if (node instanceof MacroBody macro && macro.parameters().contains(name)) {
        return false;
      }
      Boolean found = node instanceof BlockStatement ? null : use(node.children(), name);
      if (found != null) {
        return found;
      }
    }
    return null;
  }
}
