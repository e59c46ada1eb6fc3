// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.List;

/** {@code ns.name} on the left of an assignment. */
final class NamespaceReference extends Expr {

  final String name;
  final String attribute;

  NamespaceReference(int line, String name, String attribute) {
    super(line, List.of());
    this.name = name;
    this.attribute = attribute;
  }

  @Override
  List<Node> children() {
    return List.of();
  }

  @Override
  Object eval(Frame frame) {
    throw new IllegalStateException("only assigned to");
  }
}
