// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.List;

/** {@code block}: it sees the variables of the top level and of the context, and no others. */
final class BlockStatement extends Stmt {

  final String name;
  private final boolean required;
  private final List<Stmt> body;
  private final Stmt[] run;
  private final Scope scope = Scope.root(false);
  private Scope.Entry[] entries = {};

  BlockStatement(int line, String name, boolean required, List<Stmt> body) {
    super(line, body);
    this.name = name;
    this.required = required;
    this.body = body;
    run = body.toArray(Stmt[]::new);
  }

  @Override
  List<Stmt> children() {
    return body;
  }

  @Override
  void declare(Scope outer) {}

  @Override
  void resolve(Scope outer) {
    declare(scope, body);
    resolve(scope, body);
    entries = scope.entries();
  }

  @Override
  Flow exec(Frame frame) {
    State state = frame.state;
    state.line = line;
    state.step();
    if (required) {
      throw new PyError(
          "TemplateRuntimeError", "Required block " + Text.quote(name) + " not found");
    }
    Frame own = new Frame(state, scope.layout.size(), null);
    Scope.enter(own, entries);
    run(own, run);
    return Flow.NEXT;
  }
}
