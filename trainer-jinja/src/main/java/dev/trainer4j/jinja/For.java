// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** {@code for}. */
final class For extends Stmt {

  private final Target target;
  private final Expr iterable;
  private final @Nullable Expr test;
  private final boolean recursive;
  private final List<Stmt> body;
  private final List<Stmt> otherwise;
  private final Stmt[] runBody;
  private final Stmt[] runOtherwise;

  private Target testTarget;
  private Scope.Entry[] entries = {};
  private Scope.Entry[] otherwiseEntries = {};
  private Scope.Entry[] testEntries = {};
  private Scope.@Nullable Layout layout;
  private Scope.@Nullable Layout testLayout;
  private @Nullable Variable loop;

  /** Takes the target twice: the test assigns variables of its own. */
  For(
      int line,
      Target target,
      Target testTarget,
      Expr iterable,
      @Nullable Expr test,
      boolean recursive,
      List<Stmt> body,
      List<Stmt> otherwise) {
    super(line, all(target, iterable, test, body, otherwise));
    this.target = target;
    this.testTarget = testTarget;
    this.iterable = iterable;
    this.test = test;
    this.recursive = recursive;
    this.body = body;
    this.otherwise = otherwise;
    runBody = body.toArray(Stmt[]::new);
    runOtherwise = otherwise.toArray(Stmt[]::new);
  }

  private static List<Node> all(
      Target target, Expr iterable, @Nullable Expr test, List<Stmt> body, List<Stmt> otherwise) {
    List<Node> all = new ArrayList<>(List.of(target, iterable));
    all.addAll(body);
    all.addAll(otherwise);
    if (test != null) {
      all.add(test);
    }
    return all;
  }

  @Override
  List<Node> children() {
    return all(target, iterable, test, body, otherwise);
  }

  @Override
  void declare(Scope scope) {
    iterable.declare(scope);
  }

  @Override
  void resolve(Scope scope) {
    iterable.resolve(scope);
    refuseLoopAsTarget(this);
    Scope own = recursive ? scope.call(true) : scope.inner(true);
    boolean extended = recursive || reads(body, "loop");
    loop = extended ? own.parameter("loop") : null;
    target.declareParameters(own);
    declare(own, body);
    // The reference has loop and else in one frame; each has a scope.
    Scope elseScope = recursive ? own.sibling(scope) : scope.inner(scope.loop);
    declare(elseScope, otherwise);
    if (test != null) {
      resolveTest(scope, test);
    }
    target.resolve(own);
    resolve(own, body);
    resolve(elseScope, otherwise);
    entries = own.entries();
    otherwiseEntries = elseScope.entries();
    layout = recursive ? own.layout : null;
  }

  private void resolveTest(Scope scope, Expr condition) {
    Scope testScope = scope.call(false);
    testTarget.declareParameters(testScope);
    condition.declare(testScope);
    testTarget.resolve(testScope);
    condition.resolve(testScope);
    testEntries = testScope.entries();
    testLayout = testScope.layout;
  }

  private static void refuseLoopAsTarget(Node node) {
    for (Node child : node.children()) {
      if (child instanceof Target target && target.assigns("loop")) {
        throw new CompileError(
            node.line,
            new PyError(
                "TemplateAssertionError",
                "Can't assign to special loop variable in for-loop target"));
      }
      refuseLoopAsTarget(child);
    }
  }

  @Override
  Flow exec(Frame frame) {
    State state = frame.state;
    state.line = line;
    state.step();
    Object value = iterable.eval(frame);
    if (recursive) {
      state.write(render(frame, value, 0));
    } else {
      return go(frame, frame, value, 0);
    }
    return Flow.NEXT;
  }

  /** Renders a recursive loop over a value to a text. */
  String render(Frame outer, Object value, int level) {
    State state = outer.state;
    StringBuilder out = state.out;
    StringBuilder buffer = new StringBuilder();
    state.enter(depth);
    state.out = buffer;
    Scope.Layout slots = Objects.requireNonNull(layout);
    go(new Frame(state, slots.size(), outer), outer, value, level);
    state.out = out;
    state.leave(depth);
    return buffer.toString();
  }

  private Flow go(Frame frame, Frame outer, Object value, int level) {
    State state = frame.state;
    Iterator<Object> items = Iteration.of(value);
    boolean sized = Iteration.hasLength(value);
    if (test != null) {
      items = new Filtered(outer, items, test);
      sized = false;
    }
    Loop context = null;
    if (loop != null) {
      context = new Loop(items, sized ? value : null, recursive ? this : null, outer, level);
      items = context.items();
    }
    boolean ran = false;
    while (items.hasNext()) {
      state.step();
      Object item = items.next();
      target.assign(frame, item);
      if (loop != null && context != null) {
        loop.set(frame, context);
      }
      Scope.enter(frame, entries);
      Flow flow = run(frame, runBody);
      if (flow == Flow.BREAK) {
        break;
      }
      ran |= flow == Flow.NEXT; // as in the reference, where continue hides that the loop ran
    }
    if (!ran && runOtherwise.length > 0) {
      Scope.enter(frame, otherwiseEntries);
      return run(frame, runOtherwise);
    }
    return Flow.NEXT;
  }

  /** The elements for which the test holds. */
  private final class Filtered extends Iteration.Lazy {
    private final Iterator<Object> items;
    private final Expr condition;
    private final Frame frame;

    Filtered(Frame outer, Iterator<Object> items, Expr condition) {
      this.items = items;
      this.condition = condition;
      frame = new Frame(outer.state, Objects.requireNonNull(testLayout).size(), outer);
      Scope.enter(frame, testEntries);
    }

    @Override
    @Nullable Object advance() {
      while (items.hasNext()) {
        frame.state.step();
        Object item = items.next();
        testTarget.assign(frame, item);
        if (Types.truth(condition.eval(frame))) {
          return item;
        }
      }
      return null;
    }
  }
}
