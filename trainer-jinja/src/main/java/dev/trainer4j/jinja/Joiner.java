// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

/** {@code joiner(...)}: nothing the first time, then its separator. */
final class Joiner implements Fn {

  private final Object separator;
  private boolean used;

  Joiner(Object separator) {
    this.separator = separator;
  }

  @Override
  public Object call(State state, Args args) {
    args.plain("__call__", 0, 0);
    Object result = used ? separator : "";
    used = true;
    return result;
  }

  @Override
  public String repr() {
    return "<jinja2.utils.Joiner object at " + Text.address(this) + ">";
  }

  @Override
  public String type() {
    return "Joiner";
  }
}
