// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** An expression. */
abstract class Expr extends Node {

  Expr(int line, List<? extends @Nullable Node> children) {
    super(line, children);
  }

  abstract Object eval(Frame frame);

  /** What messages call it where it is assigned to. */
  String kind() {
    return getClass().getSimpleName().toLowerCase(Locale.ROOT);
  }
}
