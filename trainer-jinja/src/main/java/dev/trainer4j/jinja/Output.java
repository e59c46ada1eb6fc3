// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.ArrayList;
import java.util.List;

/** Text and expressions that are printed. */
final class Output extends Stmt {

  private final List<Expr> children;
  private final Expr[] parts;

  Output(int line, List<Expr> parts) {
    super(line, parts);
    children = parts;
    this.parts = merged(parts).toArray(Expr[]::new);
  }

  /** Texts behind each other become one. */
  private static List<Expr> merged(List<Expr> parts) {
    List<Expr> merged = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    int line = 0;
    for (Expr part : parts) {
      if (part instanceof Const constant && constant.value instanceof String more) {
        line = text.length() == 0 ? part.line : line;
        text.append(more);
        continue;
      }
      if (text.length() > 0) {
        merged.add(new Const(line, text.toString()));
        text.setLength(0);
      }
      merged.add(part);
    }
    if (text.length() > 0) {
      merged.add(new Const(line, text.toString()));
    }
    return merged;
  }

  @Override
  List<Expr> children() {
    return children;
  }

  @Override
  Flow exec(Frame frame) {
    State state = frame.state;
    for (Expr part : parts) {
      state.line = part.line;
      state.step();
      state.write(Text.str(state, part.eval(frame)));
    }
    return Flow.NEXT;
  }
}
