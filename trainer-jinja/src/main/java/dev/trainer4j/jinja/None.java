// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

/** Python's {@code None}, so that Java's null stays for what is not there. */
final class None {

  static final None NONE = new None();

  private None() {}
}
