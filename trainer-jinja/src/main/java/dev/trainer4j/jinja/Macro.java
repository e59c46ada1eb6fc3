// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A macro as a value: its body, and the frame in which it was written. */
final class Macro implements Fn, Attributes.WithAttributes {

  private final MacroBody body;
  private final Frame outer;

  Macro(MacroBody body, Frame outer) {
    this.body = body;
    this.outer = outer;
  }

  @Override
  public Object call(State state, Args args) {
    List<String> parameters = body.parameters();
    int count = parameters.size();
    Frame frame = body.frame(state, outer);
    Map<String, Object> named = args.named.isEmpty() ? args.named : new LinkedHashMap<>(args.named);
    boolean foundCaller = parameters.contains("caller") && args.count() >= count;
    for (int i = 0; i < count; i++) {
      Object value = args.get(i);
      if (value == null) {
        value = named.isEmpty() ? null : named.remove(parameters.get(i));
        foundCaller |= parameters.get(i).equals("caller");
      }
      body.set(frame, i, value);
    }
    if (body.caller != null && !foundCaller) {
      Object caller = named.isEmpty() ? null : named.remove("caller");
      body.caller.set(
          frame,
          caller == null || caller == None.NONE ? Undefined.because("No caller defined") : caller);
    }
    if (body.kwargs != null) {
      PyDict rest = new PyDict();
      named.forEach(rest::put);
      body.kwargs.set(frame, rest);
    } else if (!named.isEmpty()) {
      throw unexpected(named);
    }
    List<Object> more = new ArrayList<>();
    for (int i = count; i < args.count(); i++) {
      more.add(args.positional[i]);
    }
    if (body.varargs != null) {
      body.varargs.set(frame, PyList.tuple(more));
    } else if (!more.isEmpty()) {
      throw PyError.type(label() + " takes not more than " + count + " argument(s)");
    }
    return body.render(frame);
  }

  private PyError unexpected(Map<String, Object> named) {
    if (named.containsKey("caller")) {
      return PyError.type(
          label()
              + " was invoked with two values for the special caller argument. This is most likely a"
              + " bug.");
    }
    return PyError.type(
        label() + " takes no keyword argument " + Text.quote(named.keySet().iterator().next()));
  }

  private String label() {
    return "macro " + (body.name == null ? "None" : Text.quote(body.name));
  }

  @Override
  public @Nullable Object attribute(String attribute) {
    return switch (attribute) {
      case "name" -> body.name == null ? None.NONE : body.name;
      case "arguments" -> PyList.tuple(new ArrayList<>(body.parameters()));
      case "catch_kwargs" -> body.kwargs != null;
      case "catch_varargs" -> body.varargs != null;
      case "caller" -> body.caller != null || body.parameters().contains("caller");
      case "explicit_caller" -> body.parameters().contains("caller");
      default -> null;
    };
  }

  @Override
  public String repr() {
    return "<Macro " + (body.name == null ? "anonymous" : Text.quote(body.name)) + ">";
  }

  @Override
  public String type() {
    return "Macro";
  }
}
