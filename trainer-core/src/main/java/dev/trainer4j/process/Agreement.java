// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.process;

/**
 * Where ranks decide together. In a world of one the answer is the question.
 *
 * <p>All ranks ask the same questions in the same order.
 */
public final class Agreement {

  private final ProcessGroup processes;

  private Agreement(ProcessGroup processes) {
    this.processes = processes;
  }

  /** Returns the agreement of all ranks of {@code processes}. */
  public static Agreement of(ProcessGroup processes) {
    return new Agreement(processes);
  }

  /** Returns whether any rank says yes. */
  public boolean any(boolean mine) {
    return processes.worldSize() == 1 ? mine : processes.sum(mine ? 1 : 0)[0] > 0;
  }

  /** Returns whether all ranks say yes. */
  public boolean all(boolean mine) {
    return !any(!mine);
  }

  /** Returns the greatest number of all ranks. */
  public int greatest(int mine) {
    if (processes.worldSize() == 1) {
      return mine;
    }
    throw new IllegalStateException("not here yet");
  }

  /** Returns the flags that any rank has set. */
  public long union(long flags) {
    if (processes.worldSize() == 1) {
      return flags;
    }
    long union = 0;
    for (int bit = 0; bit < Long.SIZE - 1; bit++) {
      union |= any((flags >> bit & 1) == 1) ? 1L << bit : 0;
    }
    return union;
  }
}
