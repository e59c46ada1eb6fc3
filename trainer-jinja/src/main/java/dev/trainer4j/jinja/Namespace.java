// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

/** What {@code namespace(...)} makes: the one value that a template may change. */
final class Namespace {

  final PyDict attributes = new PyDict();
}
