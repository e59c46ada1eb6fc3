// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.saving;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** One save at a time in the background, and none is lost. */
class BackgroundSaveTest {

  @Test
  void theNextSaveWaitsForTheOneInFlight() throws Exception {
    List<String> done = new CopyOnWriteArrayList<>();
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    try (BackgroundSave writer = new BackgroundSave()) {
      writer.submit(
          "first",
          () -> {
            running.countDown();
            awaitLatch(go);
            done.add("first");
          });
      running.await();
      writer.check();
      assertThat(done).isEmpty();
      new Thread(go::countDown).start();
      writer.submit("second", () -> done.add("second"));
      assertThat(done).contains("first");
    }
    assertThat(done).containsExactly("first", "second");
  }

  @Test
  void anInterruptDoesNotLeaveASaveBehindAndIsNotLost() {
    List<String> done = new ArrayList<>();
    BackgroundSave writer = new BackgroundSave();
    CountDownLatch go = new CountDownLatch(1);
    writer.submit(
        "save",
        () -> {
          awaitLatch(go);
          done.add("saved");
        });
    Thread.currentThread().interrupt();
    go.countDown();
    writer.close();
    assertThat(Thread.interrupted()).isTrue();
    assertThat(done).containsExactly("saved");
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
