// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.process;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Where ranks decide together: each asks with what it knows, and all get the same answer.
 *
 * <p>A question is a collective: all ranks ask, in the same order. In a world of one the answer is the
 * question, at no cost.
 */
public final class Agreement {

  private final ProcessGroup group;

  /** Makes the ranks of a group agree. */
  public Agreement(ProcessGroup group) {
    this.group = group;
  }

  /** Returns whether it is so on any rank. */
  public boolean any(boolean here) {
    return isAlone() ? here : union(here ? 1 : 0) != 0;
  }

  /** Returns whether it is so on all ranks. */
  public boolean all(boolean here) {
    return isAlone() ? here : least(here ? 1 : 0) != 0;
  }

  /** Returns the flags that any rank has set. */
  public long union(long flags) {
    if (isAlone()) {
      return flags;
    }
    long union = 0;
    for (long ofRank : Numbers.gather(group, flags)) {
      union |= ofRank;
    }
    return union;
  }

  /** Returns the least number of all ranks. */
  public long least(long number) {
    if (isAlone()) {
      return number;
    }
    long least = Long.MAX_VALUE;
    for (long ofRank : Numbers.gather(group, number)) {
      least = Math.min(least, ofRank);
    }
    return least;
  }

  /** Returns the greatest number of all ranks. */
  public long greatest(long number) {
    if (isAlone()) {
      return number;
    }
    long greatest = Long.MIN_VALUE;
    for (long ofRank : Numbers.gather(group, number)) {
      greatest = Math.max(greatest, ofRank);
    }
    return greatest;
  }

  /**
   * Combines numbers and flags, as many of each on all ranks, in one message.
   *
   * @throws IllegalStateException on all ranks, if they give unequally many
   */
  public JointNumbers join(JointNumbers here) {
    return isAlone() ? here : Numbers.join(group, here);
  }

  /** Returns what rank 0 says; what the others say does not count. */
  public String asMainSays(String here) {
    return isAlone() ? here : group.allGather(here).get(0);
  }

  /**
   * Returns the problem of the first rank that has one, so that all ranks may fail for the same reason;
   * null if no rank has one. Where there are several ranks, the number of the rank stands in front.
   *
   * @param problem what went wrong on this rank; null if nothing did
   */
  public @Nullable String firstProblem(@Nullable String problem) {
    if (isAlone()) {
      return problem;
    }
    // A mark in front tells an empty message from none.
    List<String> all = group.allGather(problem == null ? "" : "!" + problem);
    for (int rank = 0; rank < all.size(); rank++) {
      if (!all.get(rank).isEmpty()) {
        return "rank " + rank + ": " + all.get(rank).substring(1);
      }
    }
    return null;
  }

  /** What a rank does with files, or with anything else that may fail on it alone. */
  @FunctionalInterface
  public interface Work {
    /** Does it. */
    void run() throws IOException;
  }

  /**
   * Runs what each rank does by itself, and fails on all ranks if it fails on one.
   *
   * @throws IOException what the work throws, and on the other ranks one with the number of the first rank that failed and
   *     what it says
   */
  public void failTogether(Work work) throws IOException {
    Exception failure = null;
    try {
      work.run();
    } catch (IOException | RuntimeException e) {
      failure = e;
    }
    String problem = firstProblem(failure == null ? null : String.valueOf(failure.getMessage()));
    if (failure instanceof RuntimeException e) {
      throw e;
    }
    if (failure instanceof IOException e) {
      throw e;
    }
    if (problem != null) {
      throw new IOException(problem);
    }
  }

  /**
   * Checks that all ranks have the same value.
   *
   * @param name of the value, for the message
   * @param value compared as text
   * @throws IllegalStateException on all ranks, if it is not the same on all; the message names the first
   *     rank that differs from rank 0, and both values
   */
  public void requireSame(String name, @Nullable Object value) {
    if (isAlone()) {
      return;
    }
    List<String> all = group.allGather(Objects.toString(value));
    for (int rank = 1; rank < all.size(); rank++) {
      if (!all.get(rank).equals(all.get(0))) {
        throw new IllegalStateException(
            String.format(
                "%s is not the same on all ranks: rank 0 has %s, rank %d has %s. Give all ranks the same.",
                name, all.get(0), rank, all.get(rank)));
      }
    }
  }

  /**
   * Checks that all ranks have the same values.
   *
   * @param name of all of them, in the plural, for the message
   * @param values by their names; none of either has a line break or a tab
   * @throws IllegalStateException on all ranks, if one is not the same on all; the message names the first rank
   *     that differs from rank 0, and each value that does
   */
  public void requireAllSame(String name, Map<String, String> values) {
    if (isAlone()) {
      return;
    }
    List<Map<String, String>> all =
        group.allGather(lines(values)).stream().map(Agreement::values).toList();
    for (int rank = 1; rank < all.size(); rank++) {
      if (!all.get(rank).equals(all.get(0))) {
        throw new IllegalStateException(
            name
                + " are not the same on all ranks: "
                + differences(all.get(0), all.get(rank), rank)
                + ". Give all ranks the same.");
      }
    }
  }

  private static String lines(Map<String, String> values) {
    return values.entrySet().stream()
        .map(value -> value.getKey() + "\t" + value.getValue())
        .collect(Collectors.joining("\n"));
  }

  private static Map<String, String> values(String lines) {
    Map<String, String> values = new TreeMap<>();
    lines
        .lines()
        .forEach(
            line -> {
              int tab = line.indexOf('\t');
              values.put(line.substring(0, tab), line.substring(tab + 1));
            });
    return values;
  }

  private static String differences(Map<String, String> main, Map<String, String> other, int rank) {
    Set<String> names = new TreeSet<>(main.keySet());
    names.addAll(other.keySet());
    return names.stream()
        .filter(name -> !Objects.equals(main.get(name), other.get(name)))
        .map(
            name ->
                name
                    + " is "
                    + main.getOrDefault(name, "missing")
                    + " on rank 0, and "
                    + other.getOrDefault(name, "missing")
                    + " on rank "
                    + rank)
        .collect(Collectors.joining("; "));
  }

  private boolean isAlone() {
    return group.worldSize() == 1;
  }
}
