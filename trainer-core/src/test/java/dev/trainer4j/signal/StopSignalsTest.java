// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** With real signals that are ignored by default, so that a mistake does not end the test's JVM. */
class StopSignalsTest {

  private final StopSignals signals = new StopSignals(List.of("WINCH", "CONT"));
  private final BlockingQueue<String> before = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> first = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> second = new LinkedBlockingQueue<>();
  private Object original = new Object();

  @BeforeEach
  void aProgramHandlesTheSignalItself() {
    original = JvmSignals.handle("WINCH", before::add);
  }

  @AfterEach
  void restore() {
    JvmSignals.restore("WINCH", original);
  }

  private static @Nullable String next(BlockingQueue<String> queue) throws InterruptedException {
    return queue.poll(120, TimeUnit.SECONDS);
  }

  @Test
  void tellsEveryRunOnceAndLeavesTheSecondSignalToTheHandlerOfBefore() throws Exception {
    try (StopSignals.Listening one = signals.listen(first::add);
        StopSignals.Listening two = signals.listen(second::add)) {
      JvmSignals.raise("WINCH");
      assertThat(next(first)).isEqualTo("WINCH");
      assertThat(next(second)).isEqualTo("WINCH");
      assertThat(before).isEmpty();

      JvmSignals.raise("WINCH");
      assertThat(next(before)).isEqualTo("WINCH");
      assertThat(first).isEmpty();
      one.acknowledge();
    }
    assertThat(before).isEmpty();
  }

  @Test
  void theSecondSignalMayBeTheOtherOne() throws Exception {
    Object previous = JvmSignals.handle("CONT", before::add);
    try (StopSignals.Listening one = signals.listen(first::add)) {
      JvmSignals.raise("WINCH");
      assertThat(next(first)).isEqualTo("WINCH");
      JvmSignals.raise("CONT");
      assertThat(next(before)).isEqualTo("CONT");
      one.acknowledge();
    } finally {
      JvmSignals.restore("CONT", previous);
    }
  }

  @Test
  void theHandlerOfBeforeIsBackOnlyWhenTheLastRunHasEnded() throws Exception {
    StopSignals.Listening one = signals.listen(first::add);
    StopSignals.Listening two = signals.listen(second::add);
    one.close();
    JvmSignals.raise("WINCH");
    assertThat(next(second)).isEqualTo("WINCH");
    assertThat(first).isEmpty();
    two.acknowledge();
    two.close();
    two.close();

    JvmSignals.raise("WINCH");
    assertThat(next(before)).isEqualTo("WINCH");
    try (StopSignals.Listening again = signals.listen(first::add)) {
      JvmSignals.raise("WINCH");
      assertThat(next(first)).isEqualTo("WINCH");
      again.acknowledge();
    }
  }

  @Test
  void aSignalThatNoRunHeededGoesToTheHandlerOfBefore() throws Exception {
    try (StopSignals.Listening one = signals.listen(first::add)) {
      JvmSignals.raise("WINCH");
      assertThat(next(first)).isEqualTo("WINCH");
    }
    assertThat(next(before)).isEqualTo("WINCH");
  }

  @Test
  void aJvmThatDoesNotHandOutASignalIsAClearErrorAndNothingStaysInstalled() throws Exception {
    StopSignals unknown = new StopSignals(List.of("WINCH", "NOSUCH"));

    assertThatThrownBy(() -> unknown.listen(first::add))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("enableJitCheckpoint needs to handle SIGWINCH and SIGNOSUCH")
        .hasMessageContaining("this JVM does not hand out SIGNOSUCH")
        .hasMessageContaining("requestStop()");
    JvmSignals.raise("WINCH");
    assertThat(next(before)).isEqualTo("WINCH");
  }
}
