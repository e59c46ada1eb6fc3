// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.List;

/** {@code macro}, {@code call} and {@code generation}. */
final class MacroStatements {

  private MacroStatements() {}

  static final class Define extends Stmt {
    private final Target.Named target;
    private final MacroBody body;

    Define(int line, Target.Named target, MacroBody body) {
      super(line, List.of(body));
      this.target = target;
      this.body = body;
    }

    @Override
    List<Node> children() {
      return List.of(body); // the reference does not count the name among those that are assigned
    }

    @Override
    void declare(Scope scope) {
      target.declare(scope);
    }

    @Override
    void resolve(Scope scope) {
      target.resolve(scope);
      body.resolve(scope);
    }

    @Override
    Flow exec(Frame frame) {
      frame.state.step();
      target.assign(frame, new Macro(body, frame));
      return Flow.NEXT;
    }
  }

  static final class CallBlock extends Stmt {
    private final Calls.Call call;
    private final MacroBody body;

    CallBlock(int line, Calls.Call call, MacroBody body) {
      super(line, List.of(call, body));
      this.call = call;
      this.body = body;
    }

    @Override
    List<Node> children() {
      return List.of(call, body);
    }

    @Override
    void declare(Scope scope) {
      call.declare(scope);
    }

    @Override
    Flow exec(Frame frame) {
      State state = frame.state;
      state.line = line;
      state.step();
      state.write(Text.str(state, call.call(frame, new Macro(body, frame))));
      return Flow.NEXT;
    }
  }

  static final class Generation extends Stmt {
    private final MacroBody body;

    Generation(int line, MacroBody body) {
      super(line, List.of(body));
      this.body = body;
    }

    @Override
    List<Node> children() {
      return List.of(body);
    }

    @Override
    void declare(Scope scope) {}

    @Override
    Flow exec(Frame frame) {
      State state = frame.state;
      state.line = line;
      state.step();
      String text = (String) new Macro(body, frame).call(state, Args.NONE);
      state.generated(text);
      state.write(text);
      return Flow.NEXT;
    }
  }
}
