// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.testing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Where the ranks of an {@link InMemoryWorld} meet: nobody goes on before all are there. */
final class Rendezvous {

  private final Duration patience;
  private final @Nullable String[] waitsIn;
  private final @Nullable Object[] brought;
  private final boolean[] ended;
  private final List<Member> parts = new ArrayList<>();
  private long meetings;
  private @Nullable Object outcome;
  private @Nullable IllegalStateException failure;
  private @Nullable Throwable origin;

  Rendezvous(int worldSize, Duration patience) {
    this.patience = patience;
    waitsIn = new String[worldSize];
    brought = new Object[worldSize];
    ended = new boolean[worldSize];
  }

  /** Where a rank of this meeting place meets a part of the others, and its number among them. */
  record Member(int ofRank, int rank, Rendezvous rendezvous) {}

  int worldSize() {
    return ended.length;
  }

  /** Makes meeting places of ranks of the same colour; returns each rank's. */
  synchronized List<Member> split(List<Integer> colors) {
    Map<Integer, Rendezvous> places = new HashMap<>();
    Map<Integer, Integer> counts = new HashMap<>();
    List<Member> members = new ArrayList<>();
    for (int rank = 0; rank < colors.size(); rank++) {
      int color = colors.get(rank);
      Rendezvous place =
          places.computeIfAbsent(
              color, c -> new Rendezvous(Collections.frequency(colors, c), patience));
      members.add(new Member(rank, counts.merge(color, 1, Integer::sum) - 1, place));
    }
    parts.addAll(members);
    return members;
  }

  /**
   * Waits for all ranks, and returns what is made of what they bring, by rank. The last one to come makes
   * it.
   *
   * @throws IllegalStateException if another rank failed, has ended, does something else, or does not come
   */
  @SuppressWarnings("unchecked") // All ranks do the same, so they bring the same.
  synchronized <I, O> O meet(int rank, String what, I own, Function<List<I>, O> make) {
    throwFailure();
    waitsIn[rank] = what;
    brought[rank] = own;
    requireNobodyGone();
    if (Arrays.stream(waitsIn).allMatch(Objects::nonNull)) {
      requireSame();
      outcome = make.apply((List<I>) new ArrayList<>(Arrays.asList(brought)));
      Arrays.fill(waitsIn, null);
      Arrays.fill(brought, null);
      meetings++;
      notifyAll();
    } else {
      await(rank);
    }
    return (O) outcome;
  }

  private void await(int rank) {
    long meeting = meetings;
    long deadline = System.nanoTime() + patience.toNanos();
    while (meeting == meetings) {
      throwFailure();
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        String missing = ranks(i -> waitsIn[i] == null);
        throw broken(
            "rank " + rank + " waited " + patience + " in " + waitsIn[rank] + " for " + missing);
      }
      try {
        TimeUnit.NANOSECONDS.timedWait(this, left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw broken("rank " + rank + " was interrupted in " + waitsIn[rank]);
      }
    }
  }

  /** Ends the waits of the others, now and later. */
  synchronized void fail(int rank, Throwable cause) {
    if (failure == null) {
      origin = cause;
      failure = new IllegalStateException("rank " + rank + " failed: " + cause, cause);
    }
    notifyAll();
    parts.stream().map(Member::rendezvous).distinct().forEach(part -> part.failWith(failure));
  }

  private synchronized void failWith(IllegalStateException ofAll) {
    if (failure == null) {
      failure = ofAll;
    }
    notifyAll();
    parts.stream().map(Member::rendezvous).distinct().forEach(part -> part.failWith(ofAll));
  }

  /** This rank comes no more. */
  synchronized void end(int rank) {
    ended[rank] = true;
    parts.stream()
        .filter(member -> member.ofRank() == rank)
        .forEach(member -> member.rendezvous().end(member.rank()));
    try {
      requireNobodyGone();
    } catch (IllegalStateException e) {
      notifyAll(); // Those that wait throw it.
    }
  }

  /** Returns what made the world fail; null if nothing did. */
  synchronized @Nullable Throwable failure() {
    return origin == null ? failure : origin;
  }

  private void requireNobodyGone() {
    String gone = ranks(rank -> ended[rank]);
    for (int rank = 0; rank < ended.length && !gone.isEmpty(); rank++) {
      if (waitsIn[rank] != null) {
        throw broken(gone + " ended, but rank " + rank + " waits in " + waitsIn[rank]);
      }
    }
  }

  private void requireSame() {
    for (int rank = 1; rank < waitsIn.length; rank++) {
      if (!String.valueOf(waitsIn[rank]).equals(waitsIn[0])) {
        throw broken(
            "the ranks do different things: rank 0 is in "
                + waitsIn[0]
                + ", rank "
                + rank
                + " in "
                + waitsIn[rank]);
      }
    }
  }

  private IllegalStateException broken(String message) {
    if (failure == null) {
      failure = new IllegalStateException(message);
    }
    notifyAll();
    return failure;
  }

  /** A fresh one for each thread, so that each shows where it waited. */
  private void throwFailure() {
    if (failure != null) {
      throw new IllegalStateException(failure.getMessage(), failure);
    }
  }

  private String ranks(IntPredicate which) {
    return IntStream.range(0, ended.length)
        .filter(which)
        .mapToObj(i -> "rank " + i)
        .collect(Collectors.joining(", "));
  }
}
