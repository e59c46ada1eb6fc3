// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ends this process if MPI does not start in time: it waits for all processes, and nothing tells which of them
 * do not come.
 */
final class StartAlarm implements AutoCloseable {

  /** Seconds; the arguments of a training are not known yet. */
  static final String PROPERTY = "trainer4j.mpi.start_timeout";

  private static final int DEFAULT_SECONDS = 1800;

  private final CountDownLatch started = new CountDownLatch(1);

  private StartAlarm() {}

  static StartAlarm set() {
    StartAlarm alarm = new StartAlarm();
    int seconds = Integer.getInteger(PROPERTY, DEFAULT_SECONDS);
    Thread thread = new Thread(() -> alarm.ring(seconds), "mpi-start");
    thread.setDaemon(true);
    thread.start();
    return alarm;
  }

  private void ring(int seconds) {
    try {
      if (!started.await(seconds, TimeUnit.SECONDS)) {
        String all = System.getenv("OMPI_COMM_WORLD_SIZE");
        LastWords.say(
            "waited "
                + seconds
                + " s ("
                + PROPERTY
                + ") for "
                + (all == null ? "all" : "all of the " + all)
                + " processes to join their group: at least one of them hangs before it builds a Trainer, or never"
                + " builds one");
        Runtime.getRuntime().halt(1);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    started.countDown();
  }
}
