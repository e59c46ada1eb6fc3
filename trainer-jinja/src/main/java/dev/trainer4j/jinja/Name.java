// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A variable that is read. */
final class Name extends Expr {

  final String name;
  private @Nullable Variable variable;

  Name(int line, String name) {
    super(line, List.of());
    this.name = name;
  }

  @Override
  List<Node> children() {
    return List.of();
  }

  @Override
  void declare(Scope scope) {
    scope.read(name);
  }

  @Override
  void resolve(Scope scope) {
    variable = scope.variable(name);
  }

  @Override
  Object eval(Frame frame) {
    Variable place = variable;
    Object value = place == null ? null : place.valueIn(frame);
    return value == null ? Undefined.variable(name) : value;
  }
}
