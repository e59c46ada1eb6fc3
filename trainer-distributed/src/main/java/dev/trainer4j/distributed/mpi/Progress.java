// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far this rank is in a group. The thread that uses the group writes, and the one that tells others
 * reads.
 */
final class Progress {

  /** No more than this counts between two reports: a job that was stopped as a whole has not waited. */
  private static final long LONGEST_STEP_MILLIS = 2000;

  /** So many collectives back it is remembered what they were; heartbeats of ranks come unequally late. */
  static final int REMEMBERED = 256;

  private final String group;
  private final List<Integer> members;
  private final long[] fingerprints = new long[REMEMBERED];
  private long started;
  private long finished;
  private long measuredAt;
  private long waitedMillis;
  private @Nullable Collective last;
  private boolean left;

  /**
   * Starts at nothing.
   *
   * @param group the same name on all members
   * @param members the ranks, of all processes, in the order of the group
   */
  Progress(String group, List<Integer> members) {
    this.group = group;
    this.members = List.copyOf(members);
  }

  /**
   * The rank calls a collective; returns the number of it, from 0.
   *
   * @param checked how many of the first are compared by the ranks themselves, and need not be here
   */
  synchronized long start(Collective collective, long checked) {
    long number = started;
    long before = fingerprints[(int) ((number + REMEMBERED - 1) % REMEMBERED)];
    // Each covers all before it: ranks that once differed never look the same again.
    fingerprints[(int) (number % REMEMBERED)] =
        before * 31 + (number < checked ? 0 : collective.fingerprint());
    last = collective;
    measuredAt = System.nanoTime();
    waitedMillis = 0;
    started++;
    return number;
  }

  /** It has what it asked for. */
  synchronized void finish() {
    finished++;
  }

  /** It will call no more. */
  synchronized void leave() {
    left = true;
  }

  /** Returns whether it has left, or waits for nobody right now. */
  synchronized boolean isIdle() {
    return left || started == finished;
  }

  synchronized boolean hasLeft() {
    return left;
  }

  private long measure() {
    long now = System.nanoTime();
    waitedMillis += Math.min(LONGEST_STEP_MILLIS, (now - measuredAt) / 1_000_000);
    measuredAt = now;
    return waitedMillis;
  }

  synchronized GroupReport report() {
    int count = (int) Math.min(started, REMEMBERED);
    List<Long> newest = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      newest.add(fingerprints[(int) ((started - count + i) % REMEMBERED)]);
    }
    return new GroupReport(
        group,
        members,
        started,
        started > finished && !left ? measure() : -1,
        left,
        String.valueOf(last),
        newest);
  }
}
