// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** What goes wrong at the server, and how often; the first fault that fits a request is used up by it. */
final class Faults {

  /** One kind of trouble. */
  enum Kind {
    /** An error without an answer of the Hub's own. */
    STATUS,
    /** The connection breaks after some bytes of the body, of the answer or of what is uploaded. */
    CUT,
    /** One byte of the body is another. */
    CORRUPT,
    /** Nothing comes after some bytes. */
    STALL,
    /** Ranges are not known. */
    NO_RANGES
  }

  /**
   * One fault.
   *
   * @param at bytes after which it strikes
   */
  record Fault(
      Kind kind, String method, String path, int status, Map<String, String> headers, long at) {}

  private final List<Fault> waiting = new ArrayList<>();

  synchronized void add(int times, Fault fault) {
    for (int i = 0; i < times; i++) {
      waiting.add(fault);
    }
  }

  void status(int times, String method, String path, int status, Map<String, String> headers) {
    add(times, new Fault(Kind.STATUS, method, path, status, headers, 0));
  }

  void cut(int times, String method, String path, long at) {
    add(times, new Fault(Kind.CUT, method, path, 0, Map.of(), at));
  }

  void corrupt(int times, String method, String path) {
    add(times, new Fault(Kind.CORRUPT, method, path, 0, Map.of(), 0));
  }

  void stall(int times, String method, String path, long at) {
    add(times, new Fault(Kind.STALL, method, path, 0, Map.of(), at));
  }

  void noRanges(int times, String method, String path) {
    add(times, new Fault(Kind.NO_RANGES, method, path, 0, Map.of(), 0));
  }

  /** Takes the fault for a request, if there is one. */
  synchronized Fault take(String method, String path) {
    Iterator<Fault> each = waiting.iterator();
    while (each.hasNext()) {
      Fault fault = each.next();
      if (fault.method().equals(method) && path.matches(fault.path())) {
        each.remove();
        return fault;
      }
    }
    return null;
  }

  synchronized boolean isEmpty() {
    return waiting.isEmpty();
  }
}
