// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.gpu;

/** What a step comes to. */
enum Verdict {
  /** As expected. */
  OK("ok"),
  /** A number that nothing is expected of but that somebody looks at it. */
  MEASURED("measured"),
  /** The step ran, or did not, but only a GPU can answer it. */
  NEEDS_A_CARD("needs a card"),
  /** Not as expected. */
  FAULT("FAULT");

  private final String text;

  Verdict(String text) {
    this.text = text;
  }

  @Override
  public String toString() {
    return text;
  }
}
