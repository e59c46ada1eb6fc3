// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.Iterator;

/**
 * What can be gone through once: the results of {@code map}, {@code select} and their like.
 *
 * @param name what Python prints it as
 * @param iterator makes an element when it is asked for, so that errors come when Python's do
 */
record Generator(String name, Iterator<Object> iterator) {

  static Generator of(String function, Iterator<Object> iterator) {
    return new Generator("generator object " + function, iterator);
  }

  String type() {
    return name.startsWith("generator ") ? "generator" : name.substring(0, name.indexOf(' '));
  }
}
