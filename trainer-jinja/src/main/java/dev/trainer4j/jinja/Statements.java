// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Statements that open no scope. */
final class Statements {

  private Statements() {}

  /** {@code if}, with any number of {@code elif}. */
  static final class If extends Stmt {
    private final List<Expr> tests;
    private final List<List<Stmt>> bodies;
    private final List<Node> children = new ArrayList<>();
    private final Stmt[][] run;

    /** Takes a body for each test, and one more for {@code else}. */
    If(int line, List<Expr> tests, List<List<Stmt>> bodies) {
      super(line, all(tests, bodies));
      this.tests = tests;
      this.bodies = bodies;
      children.addAll(all(tests, bodies));
      run = bodies.stream().map(body -> body.toArray(Stmt[]::new)).toArray(Stmt[][]::new);
    }

    private static List<Node> all(List<Expr> tests, List<List<Stmt>> bodies) {
      List<Node> all = new ArrayList<>();
      for (int i = 0; i < bodies.size(); i++) {
        if (i < tests.size()) {
          all.add(tests.get(i));
        }
        all.addAll(bodies.get(i));
      }
      return all;
    }

    @Override
    List<Node> children() {
      return children;
    }

    @Override
    void declare(Scope scope) {
      tests.get(0).declare(scope);
      List<List<? extends Node>> branches = new ArrayList<>();
      branches.add(bodies.get(0));
      List<Node> elif = new ArrayList<>();
      for (int i = 1; i < tests.size(); i++) {
        int branch = i;
        elif.add(new Elif(tests.get(i), bodies.get(branch)));
      }
      branches.add(elif);
      branches.add(bodies.get(tests.size()));
      scope.branches(branches);
    }

    @Override
    void resolve(Scope scope) {
      super.resolve(scope.softened());
    }

    @Override
    Flow exec(Frame frame) {
      State state = frame.state;
      for (int i = 0; i < tests.size(); i++) {
        Expr test = tests.get(i);
        state.line = test.line;
        state.step();
        if (Types.truth(test.eval(frame))) {
          return run(frame, run[i]);
        }
      }
      return run(frame, run[tests.size()]);
    }
  }

  /** A branch of an if, as the reference sees it: an if of its own without an else. */
  private static final class Elif extends Node {
    private final Expr test;
    private final List<Stmt> body;

    Elif(Expr test, List<Stmt> body) {
      super(test.line, List.of());
      this.test = test;
      this.body = body;
    }

    @Override
    List<Node> children() {
      return List.of();
    }

    @Override
    void declare(Scope scope) {
      test.declare(scope);
      scope.branches(List.of(body, List.of(), List.of()));
    }
  }

  /** {@code set x = value}. */
  static final class Set extends Stmt {
    private final Target target;
    private final Expr value;

    Set(int line, Target target, Expr value) {
      super(line, List.of(value, target));
      this.target = target;
      this.value = value;
    }

    @Override
    List<Node> children() {
      return List.of(value, target);
    }

    @Override
    Flow exec(Frame frame) {
      frame.state.line = line;
      frame.state.step();
      target.check(frame);
      target.assign(frame, value.eval(frame));
      return Flow.NEXT;
    }
  }

  /** {@code break} or {@code continue}. */
  static final class Jump extends Stmt {
    private final Flow flow;

    Jump(int line, Flow flow) {
      super(line, List.of());
      this.flow = flow;
    }

    @Override
    List<Node> children() {
      return List.of();
    }

    @Override
    void resolve(Scope scope) {
      if (!scope.loop) {
        String message =
            flow == Flow.BREAK ? "'break' outside loop" : "'continue' not properly in loop";
        throw new CompileError(line, new PyError("SyntaxError", message));
      }
    }

    @Override
    Flow exec(Frame frame) {
      frame.state.step();
      return flow;
    }
  }

  /** {@code include}, {@code extends} and {@code import}: a chat template is alone. */
  static final class Load extends Stmt {
    private final Expr template;
    private final @Nullable Target target;

    Load(int line, Expr template, @Nullable Target target) {
      super(line, target == null ? List.of(template) : List.of(template, target));
      this.template = template;
      this.target = target;
    }

    @Override
    List<Node> children() {
      return target == null ? List.of(template) : List.of(template, target);
    }

    @Override
    Flow exec(Frame frame) {
      frame.state.line = line;
      template.eval(frame);
      throw PyError.type("no loader for this environment specified");
    }
  }
}
