// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import java.util.ArrayDeque;
import java.util.Deque;

/** What is closed when a trial has ended, the last one first. */
final class TrialResources implements AutoCloseable {

  private final Deque<AutoCloseable> open = new ArrayDeque<>();

  void add(AutoCloseable resource) {
    open.push(resource);
  }

  @Override
  public void close() {
    IllegalStateException failure = null;
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (Exception e) {
        if (failure == null) {
          failure = new IllegalStateException("what belongs to a trial cannot be closed: " + e, e);
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
