// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.process;

import org.jspecify.annotations.Nullable;

/** Work that one process does before the others. */
final class MainFirst {

  private MainFirst() {}

  static <T, E extends Exception> T run(
      ProcessGroup group, boolean onEachNode, ProcessGroup.Work<T, E> work) throws E {
    Agreement agreement = new Agreement(group);
    boolean first = group.isMain(onEachNode);
    if (first) {
      T result = attempt(agreement, work);
      requireNone(agreement.firstProblem(null));
      return result;
    }
    requireNone(agreement.firstProblem(null));
    return attempt(agreement, work);
  }

  /** Tells the others how it went, whatever that is. */
  private static <T, E extends Exception> T attempt(
      Agreement agreement, ProcessGroup.Work<T, E> work) throws E {
    T result;
    try {
      result = work.run();
    } catch (Throwable e) { // Whatever it is, it is thrown on; but nobody is to wait for this rank.
      String unused = agreement.firstProblem(String.valueOf(e.getMessage()));
      throw e;
    }
    requireNone(agreement.firstProblem(null));
    return result;
  }

  private static void requireNone(@Nullable String problem) {
    if (problem != null) {
      throw new IllegalStateException(problem);
    }
  }
}
