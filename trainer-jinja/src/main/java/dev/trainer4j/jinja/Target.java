// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is assigned to: a name, an attribute of a namespace, or several of these. */
abstract class Target extends Node {

  Target(int line, List<? extends Node> children) {
    super(line, children);
  }

  abstract void assign(Frame frame, Object value);

  /** Fails if an attribute is of something else than a namespace. */
  void check(Frame frame) {}

  /** Declares names that have their values when the scope is entered: those of a loop. */
  abstract void declareParameters(Scope scope);

  /** Whether the name is among those that are assigned. */
  abstract boolean assigns(String name);

  /** Turns what was parsed into a target. */
  static Target of(TokenStream stream, Expr parsed) {
    if (parsed instanceof Name name) {
      return new Named(name.line, name.name);
    }
    if (parsed instanceof NamespaceReference reference) {
      return new Attribute(reference);
    }
    if (parsed instanceof Literals.Tuple tuple
        && tuple.items.stream()
            .allMatch(
                item ->
                    item instanceof Name
                        || item instanceof NamespaceReference
                        || item instanceof Literals.Tuple)) {
      List<Target> targets = new ArrayList<>();
      tuple.items.forEach(item -> targets.add(of(stream, item)));
      return new Several(tuple.line, targets);
    }
    throw stream.fail("can't assign to " + Text.quote(parsed.kind()), parsed.line);
  }

  /** Returns as many values as there are targets. */
  static List<Object> unpack(State state, Object value, int count) {
    if (!Iteration.isIterable(value)) {
      throw PyError.type("cannot unpack non-iterable " + Types.name(value) + " object");
    }
    List<Object> values = new ArrayList<>();
    for (Iterator<Object> items = Iteration.of(value); items.hasNext(); ) {
      state.step();
      values.add(items.next());
      if (values.size() > count) {
        throw PyError.value("too many values to unpack (expected " + count + ")");
      }
    }
    if (values.size() < count) {
      throw PyError.value(
          "not enough values to unpack (expected " + count + ", got " + values.size() + ")");
    }
    return values;
  }

  static final class Named extends Target {
    final String name;
    private @Nullable Variable variable;
    private boolean exported;

    Named(int line, String name) {
      super(line, List.of());
      this.name = name;
    }

    @Override
    List<Node> children() {
      return List.of();
    }

    @Override
    void declare(Scope scope) {
      scope.write(name);
    }

    @Override
    void declareParameters(Scope scope) {
      scope.parameter(name);
    }

    @Override
    boolean assigns(String wanted) {
      return name.equals(wanted);
    }

    @Override
    void resolve(Scope scope) {
      variable = scope.variable(name);
      exported = scope.top;
    }

    @Override
    void assign(Frame frame, Object value) {
      Variable place = variable;
      if (place != null) {
        place.set(frame, value);
      }
      if (exported) {
        frame.state.export(name, value);
      }
    }
  }

  static final class Attribute extends Target {
    private final Name namespace;
    private final String attribute;

    Attribute(NamespaceReference reference) {
      super(reference.line, List.of());
      namespace = new Name(reference.line, reference.name);
      attribute = reference.attribute;
    }

    @Override
    List<Node> children() {
      return List.of(namespace);
    }

    @Override
    void declareParameters(Scope scope) {}

    @Override
    boolean assigns(String name) {
      return false;
    }

    @Override
    void check(Frame frame) {
      if (!(namespace.eval(frame) instanceof Namespace)) {
        throw new PyError(
            "TemplateRuntimeError", "cannot assign attribute on non-namespace object");
      }
    }

    @Override
    void assign(Frame frame, Object value) {
      if (!(namespace.eval(frame) instanceof Namespace of)) { // an earlier target took its place
        throw PyError.type("the object does not support item assignment");
      }
      of.attributes.put(attribute, value);
    }
  }

  static final class Several extends Target {
    private final List<Target> targets;

    Several(int line, List<Target> targets) {
      super(line, targets);
      this.targets = targets;
    }

    @Override
    List<Target> children() {
      return targets;
    }

    @Override
    void declareParameters(Scope scope) {
      targets.forEach(target -> target.declareParameters(scope));
    }

    @Override
    boolean assigns(String name) {
      return targets.stream().anyMatch(target -> target.assigns(name));
    }

    @Override
    void check(Frame frame) {
      targets.forEach(target -> target.check(frame));
    }

    @Override
    void assign(Frame frame, Object value) {
      List<Object> values = unpack(frame.state, value, targets.size());
      for (int i = 0; i < targets.size(); i++) {
        targets.get(i).assign(frame, values.get(i));
      }
    }
  }
}
