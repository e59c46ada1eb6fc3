// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.testing;

import dev.trainer4j.process.ProcessGroup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A world whose ranks are threads of this JVM: what is written for many processes can be tested without a
 * launcher.
 *
 * <pre>{@code
 * InMemoryWorld.run(2, group -> assertThat(group.sum(group.rank() + 1)).containsExactly(3));
 * }</pre>
 *
 * <p>Sums are made in the order of the ranks, so they are the same in each run, to the bit. A rank that
 * throws, or ends where others wait for it, ends their waits with an error that names it; so does a rank
 * that does not come in time. Tensors are contiguous and on the CPU.
 */
public final class InMemoryWorld {

  private static final Duration PATIENCE = Duration.ofSeconds(240);

  /** How long a rank may compute on when another one has failed. */
  private static final long SECONDS_TO_LEAVE = 120;

  private InMemoryWorld() {}

  /** What a rank does. */
  @FunctionalInterface
  public interface RankBody {
    /** Runs in the thread of a rank. */
    void run(ProcessGroup group) throws Exception;
  }

  /** What a rank does, and what comes of it. */
  @FunctionalInterface
  public interface RankCall<T> {
    /** Runs in the thread of a rank. */
    T call(ProcessGroup group) throws Exception;
  }

  /** Runs the same in every rank and throws what the first one threw that failed. */
  public static void run(int worldSize, RankBody body) throws Exception {
    call(
        worldSize,
        group -> {
          body.run(group);
          return group.rank();
        });
  }

  /** Returns what comes of the same in every rank, by rank. */
  public static <T> List<T> call(int worldSize, RankCall<T> body) throws Exception {
    return call(worldSize, PATIENCE, body);
  }

  /** The same, with as much patience as given for a rank that does not come. */
  public static <T> List<T> call(int worldSize, Duration patience, RankCall<T> body)
      throws Exception {
    return call(worldSize, worldSize, patience, body);
  }

  /** The same on several machines, each with as many ranks as given. */
  public static <T> List<T> callOnNodes(int nodes, int ranksOfEach, RankCall<T> body)
      throws Exception {
    return call(nodes * ranksOfEach, ranksOfEach, PATIENCE, body);
  }

  private static <T> List<T> call(
      int worldSize, int ranksOfNode, Duration patience, RankCall<T> body) throws Exception {
    Rendezvous rendezvous = new Rendezvous(worldSize, patience);
    List<@Nullable T> results = new ArrayList<>(Collections.nCopies(worldSize, null));
    List<Thread> threads = new ArrayList<>();
    for (int rank = 0; rank < worldSize; rank++) {
      ProcessGroup group =
          new InMemoryGroup(rank, worldSize, rank % ranksOfNode, rank / ranksOfNode, rendezvous);
      Thread thread = new Thread(() -> live(group, rendezvous, body, results), "rank-" + rank);
      thread.setDaemon(true);
      threads.add(thread);
    }
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      join(thread, rendezvous);
    }
    Throwable failure = rendezvous.failure();
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure != null) {
      throw (Exception) failure;
    }
    return results;
  }

  private static <T> void live(
      ProcessGroup group, Rendezvous rendezvous, RankCall<T> body, List<@Nullable T> results) {
    try (group) {
      T result = body.call(group);
      synchronized (results) {
        results.set(group.rank(), result);
      }
    } catch (Throwable e) {
      rendezvous.fail(group.rank(), e);
    } finally {
      rendezvous.end(group.rank());
    }
  }

  private static void join(Thread thread, Rendezvous rendezvous) throws InterruptedException {
    while (thread.isAlive() && rendezvous.failure() == null) {
      thread.join(50);
    }
    TimeUnit.SECONDS.timedJoin(thread, SECONDS_TO_LEAVE);
    if (thread.isAlive()) {
      thread.interrupt();
      throw new IllegalStateException(
          thread.getName() + " does not end, although the world failed", rendezvous.failure());
    }
  }
}
