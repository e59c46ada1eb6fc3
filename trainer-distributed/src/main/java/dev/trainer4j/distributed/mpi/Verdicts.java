// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Judges from the reports of all ranks whether the job goes on: not if ranks wait for one that has ended, that
 * does something else, or that does not come in time. Nothing here talks to anybody.
 */
final class Verdicts {

  /** Time in which a rank that has failed says why, before another ends the job. */
  private static final long GRACE_MILLIS = 2000;

  /** A rank that has been silent for so long does not just have a slow heart. */
  private static final long SILENCE_MILLIS = 2500;

  private final int worldSize;
  private final LongSupplier clock;
  private final Map<Integer, Heard> ranks = new TreeMap<>();

  /** A report, and when it came. */
  private record Heard(RankReport report, long at) {
    @Nullable GroupReport in(String group) {
      return report.groups().stream().filter(g -> g.group().equals(group)).findFirst().orElse(null);
    }
  }

  /**
   * Knows nothing yet.
   *
   * @param clock in milliseconds
   */
  Verdicts(int worldSize, LongSupplier clock) {
    this.worldSize = worldSize;
    this.clock = clock;
  }

  synchronized void hear(RankReport report) {
    ranks.put(report.rank(), new Heard(report, clock.getAsLong()));
  }

  /** Returns whether all processes are about to end, and so none will miss another. */
  synchronized boolean allAreEnding() {
    return ranks.size() == worldSize
        && ranks.values().stream().allMatch(heard -> heard.report().ending());
  }

  /** Returns why the job must end; null if it goes on. */
  synchronized @Nullable String verdict() {
    for (Map.Entry<Integer, Heard> waiting : ranks.entrySet()) {
      for (GroupReport group : waiting.getValue().report().groups()) {
        if (group.waits()) {
          String verdict = verdict(waiting.getKey(), waiting.getValue(), group);
          if (verdict != null) {
            return verdict;
          }
        }
      }
    }
    return null;
  }

  private @Nullable String verdict(int waiting, Heard heard, GroupReport group) {
    long waited = group.waitedMillis();
    List<Integer> late = new ArrayList<>();
    for (int member : group.members()) {
      Heard other = ranks.get(member);
      GroupReport there = other == null ? null : other.in(group.group());
      if (other != null && there != null && there.firstDifference(group) >= 0) {
        return difference(waiting, group, member, there);
      }
      boolean missing = there == null || there.started() < group.started();
      if (missing && waited >= GRACE_MILLIS && isGone(other, there)) {
        return gone(waiting, group, member);
      }
      if (missing || isSilent(other)) {
        late.add(member);
      }
    }
    long timeout = heard.report().timeoutMillis();
    return waited < timeout ? null : late(waiting, group, late, Duration.ofMillis(timeout));
  }

  private static boolean isGone(@Nullable Heard rank, @Nullable GroupReport there) {
    return rank != null && (rank.report().ending() || (there != null && there.left()));
  }

  private boolean isSilent(@Nullable Heard rank) {
    return rank == null || clock.getAsLong() - rank.at() >= SILENCE_MILLIS;
  }

  private static String difference(int one, GroupReport here, int other, GroupReport there) {
    return String.format(
        "the ranks do different things, at the latest in collective %d of %s: rank %d was last in %s, rank %d in"
            + " %s. Run the same program with the same arguments and data on all ranks.",
        Math.min(here.started(), there.started()),
        here.group(),
        Math.min(one, other),
        one < other ? here.last() : there.last(),
        Math.max(one, other),
        one < other ? there.last() : here.last());
  }

  private static String gone(int waiting, GroupReport group, int gone) {
    return String.format(
        "rank %d has ended, but rank %d waits for it in %s. What rank %d said last tells why.",
        gone, waiting, group.last(), gone);
  }

  private String late(int waiting, GroupReport group, List<Integer> late, Duration timeout) {
    if (late.isEmpty()) {
      return String.format(
          "rank %d has waited %d s (ddp_timeout) in %s, where all ranks are and show signs of life: look at the"
              + " network between the machines.",
          waiting, timeout.toSeconds(), group.last());
    }
    String names =
        late.stream()
            .map(rank -> "rank " + rank + " (" + lastSign(rank) + ")")
            .collect(Collectors.joining(", "));
    TreeSet<Integer> others = new TreeSet<>(group.members());
    others.removeAll(late);
    return String.format(
        "waited %d s (ddp_timeout) for %s, in %s of %s. It hangs, or is slower than that.",
        timeout.toSeconds(), names, group.last(), RankList.text(others));
  }

  private String lastSign(int rank) {
    Heard heard = ranks.get(rank);
    if (heard == null) {
      return "never heard of";
    }
    long silent = (clock.getAsLong() - heard.at()) / 1000;
    return isSilent(heard) ? "no sign of life for " + silent + " s" : "alive";
  }
}
