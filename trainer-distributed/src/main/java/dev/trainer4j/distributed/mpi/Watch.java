// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells rank 0 twice a second how far this rank is, in a thread of its own, since the thread that waits in MPI can do
 * nothing. Rank 0 judges, and ends the job if ranks wait in vain: MPI knows no other way out of a wait.
 */
final class Watch {

  private static final Logger LOG = LoggerFactory.getLogger(Watch.class);

  private static final long BEAT_MILLIS = 500;

  /** A process that ends without having left its groups may be failing: then the others need not be waited for. */
  private static final long PATIENCE_OF_OPEN_GROUPS_MILLIS = 2000;

  /** So many groups that this rank has left are still told of. */
  private static final int REMEMBERED = 32;

  private static final long DEFAULT_TIMEOUT_MILLIS = Duration.ofMinutes(30).toMillis();

  private final int rank;
  private final Channel channel;
  private final IntConsumer abort;
  private final List<Progress> groups = new CopyOnWriteArrayList<>();
  private volatile long timeoutMillis = DEFAULT_TIMEOUT_MILLIS;
  private volatile boolean ending;

  private Watch(int rank, Channel channel, IntConsumer abort) {
    this.rank = rank;
    this.channel = channel;
    this.abort = abort;
  }

  /**
   * Starts on all ranks. A collective.
   *
   * @param abort ends the job with an exit code
   */
  static Watch start(Communicator all, IntConsumer abort) {
    Watch watch = new Watch(all.rank(), channel(all), abort);
    Thread thread = new Thread(watch::beat, "mpi-watch");
    thread.setDaemon(true);
    thread.start();
    return watch;
  }

  /** Rank 0 listens, and tells the others where through MPI. Either all reach it, or nobody counts on it. */
  private static Channel channel(Communicator all) {
    ByteExchange exchange = new ByteExchange(all, MpiProcessGroup.CHUNK);
    try {
      Hub hub = all.rank() == 0 ? hub(all.size()) : null;
      byte[] own = (hub == null ? "" : hub.address()).getBytes(StandardCharsets.UTF_8);
      String address = new String(exchange.gather(2, own).get(0), StandardCharsets.UTF_8);
      Channel channel = all.rank() == 0 ? hub : HubClient.connect(address, all.rank());
      List<byte[]> there = exchange.gather(3, new byte[] {(byte) (channel == null ? 0 : 1)});
      boolean complete = there.stream().allMatch(flag -> flag[0] == 1);
      return channel != null && complete ? channel : new NoChannel();
    } catch (ByteExchange.Mismatch e) {
      throw new AssertionError("the ranks give the same fingerprint", e);
    }
  }

  private static @Nullable Hub hub(int worldSize) {
    try {
      return Hub.open(worldSize);
    } catch (IOException e) {
      LOG.warn(
          "rank 0 cannot listen for the other ranks ({}): if a rank hangs, it will not be named. -D{} sets the port",
          e.getMessage(),
          Hub.PORT);
      return null;
    }
  }

  /** Begins to tell how far this rank is in a group. */
  Progress follow(String group, List<Integer> members) {
    Progress progress = new Progress(group, members);
    // Those left long ago are missed by nobody any more.
    List<Progress> left = groups.stream().filter(Progress::hasLeft).toList();
    groups.removeAll(left.subList(0, Math.max(0, left.size() - REMEMBERED)));
    groups.add(progress);
    return progress;
  }

  void limitWaits(Duration timeout) {
    timeoutMillis = timeout.toMillis();
  }

  private RankReport report() {
    return new RankReport(
        rank, timeoutMillis, ending, groups.stream().map(Progress::report).toList());
  }

  private void beat() {
    try {
      while (true) {
        Channel.Answer answer = channel.tell(report());
        if (answer.verdict() != null) {
          end(answer.verdict());
        }
        TimeUnit.MILLISECONDS.sleep(BEAT_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Does not return. */
  private void end(String verdict) {
    LastWords.say(verdict);
    Thread aborter = new Thread(() -> abort.accept(1), "mpi-abort");
    aborter.setDaemon(true);
    aborter.start();
    try {
      aborter.join(5000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().halt(1);
  }

  /**
   * Waits until all processes are about to end.
   *
   * @return false if this one had better end alone
   */
  boolean awaitAllEnding() {
    ending = true;
    long start = System.nanoTime();
    try {
      while (groups.stream().allMatch(Progress::isIdle)) {
        Channel.Answer answer = channel.tell(report());
        if (answer.allAreEnding()) {
          return true;
        }
        boolean open = !groups.stream().allMatch(Progress::hasLeft);
        long waited = (System.nanoTime() - start) / 1_000_000;
        if (channel.isBroken() || (open && waited > PATIENCE_OF_OPEN_GROUPS_MILLIS)) {
          return false;
        }
        TimeUnit.MILLISECONDS.sleep(20);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return false;
  }

  /** How this rank tells rank 0 of itself. */
  interface Channel {

    /**
     * What rank 0 says.
     *
     * @param verdict why this rank is to end the job; null if it is not
     */
    record Answer(@Nullable String verdict, boolean allAreEnding) {}

    Answer tell(RankReport report);

    /** Returns whether rank 0 cannot be reached any more. */
    boolean isBroken();
  }
}
