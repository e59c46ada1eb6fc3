// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import org.jspecify.annotations.Nullable;

/**
 * Where a variable is, as seen from a frame.
 *
 * @param name its name
 * @param hops how many frames outwards
 * @param index its slot there
 */
record Variable(String name, int hops, int index) {

  @Nullable Object valueIn(Frame frame) {
    return (hops == 0 ? frame : frame.up(hops)).slots[index];
  }

  void set(Frame frame, Object value) {
    (hops == 0 ? frame : frame.up(hops)).slots[index] = value;
  }
}
