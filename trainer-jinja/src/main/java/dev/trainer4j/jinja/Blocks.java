// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Statements whose body has a scope, but no frame of its own. */
final class Blocks {

  private Blocks() {}

  /** Runs a body and returns how it ended; what it writes goes to a buffer. */
  private static Stmt.Flow buffered(Frame frame, Stmt[] body, StringBuilder buffer) {
    State state = frame.state;
    StringBuilder out = state.out;
    state.out = buffer;
    Stmt.Flow flow = Stmt.run(frame, body);
    state.out = out;
    return flow;
  }

  /** Stands for the text of a block where a filter has no value. */
  static final class BlockText extends Expr {
    private @Nullable Variable place;

    BlockText(int line) {
      super(line, List.of());
    }

    @Override
    List<Node> children() {
      return List.of();
    }

    @Override
    void resolve(Scope scope) {
      place = scope.parameter("(text)");
    }

    @Override
    Object eval(Frame frame) {
      Object text = place == null ? null : place.valueIn(frame);
      return text == null ? "" : text;
    }

    void set(Frame frame, String text) {
      if (place != null) {
        place.set(frame, text);
      }
    }
  }

  /** {@code filter}, and {@code set} with a body. */
  static final class Captured extends Stmt {
    private final @Nullable Target target;
    private final BlockText text;
    private final Expr value;
    private final List<Stmt> body;
    private final Stmt[] run;
    private Scope.Entry[] entries = {};

    /** Prints the value, which has the text in it, unless there is a target. */
    Captured(int line, @Nullable Target target, BlockText text, Expr value, List<Stmt> body) {
      super(line, all(target, value, body));
      this.target = target;
      this.text = text;
      this.value = value;
      this.body = body;
      run = body.toArray(Stmt[]::new);
    }

    private static List<Node> all(@Nullable Target target, Expr value, List<Stmt> body) {
      List<Node> all = new ArrayList<>();
      if (target != null) {
        all.add(target);
      }
      all.add(value);
      all.addAll(body);
      return all;
    }

    @Override
    List<Node> children() {
      return all(target, value, body);
    }

    @Override
    void declare(Scope scope) {
      if (target != null) {
        target.declare(scope);
      } else {
        value.declare(scope);
      }
    }

    @Override
    void resolve(Scope scope) {
      Scope inner = scope.inner(scope.loop);
      declare(inner, body);
      if (target == null) {
        value.declare(inner);
      } else {
        target.resolve(scope);
      }
      resolve(inner, body);
      value.resolve(inner);
      entries = inner.entries();
    }

    @Override
    Flow exec(Frame frame) {
      State state = frame.state;
      state.line = line;
      state.step();
      if (target != null) {
        target.check(frame);
      }
      Scope.enter(frame, entries);
      StringBuilder buffer = new StringBuilder();
      Flow flow = buffered(frame, run, buffer);
      if (flow != Flow.NEXT) {
        return flow;
      }
      state.line = line;
      text.set(frame, buffer.toString());
      Object result = value.eval(frame);
      if (target != null) {
        target.assign(frame, result);
      } else {
        state.write(Text.str(state, result));
      }
      return Flow.NEXT;
    }
  }

  /** {@code with}, and {@code autoescape false}, which is a scope and nothing else. */
  static final class With extends Stmt {
    private final List<Target> targets;
    private final List<Expr> values;
    private final List<Stmt> body;
    private final Stmt[] run;
    private Scope.Entry[] entries = {};

    With(int line, List<Target> targets, List<Expr> values, List<Stmt> body) {
      super(line, all(targets, values, body));
      this.targets = targets;
      this.values = values;
      this.body = body;
      run = body.toArray(Stmt[]::new);
    }

    private static List<Node> all(List<Target> targets, List<Expr> values, List<Stmt> body) {
      List<Node> all = new ArrayList<>(values);
      all.addAll(targets);
      all.addAll(body);
      return all;
    }

    @Override
    List<Node> children() {
      return all(targets, values, body);
    }

    @Override
    void declare(Scope scope) {
      declare(scope, values);
    }

    @Override
    void resolve(Scope scope) {
      resolve(scope, values);
      Scope inner = scope.inner(scope.loop);
      targets.forEach(target -> target.declareParameters(inner));
      declare(inner, body);
      resolve(inner, targets);
      resolve(inner, body);
      entries = inner.entries();
    }

    @Override
    Flow exec(Frame frame) {
      frame.state.line = line;
      frame.state.step();
      Scope.enter(frame, entries);
      for (int i = 0; i < values.size(); i++) {
        targets.get(i).assign(frame, values.get(i).eval(frame));
      }
      return run(frame, run);
    }
  }
}
