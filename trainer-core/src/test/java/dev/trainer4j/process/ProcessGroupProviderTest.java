// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Providers that a class loader of the host knows, as where plugins are kept. */
class ProcessGroupProviderTest {

  private static final AtomicInteger OPEN = new AtomicInteger();

  @TempDir Path folder;

  @BeforeEach
  void nothingIsOpen() {
    OPEN.set(0);
  }

  /** Tells of no group, as in a process that was started by hand. */
  public static final class NotLaunched implements ProcessGroupProvider {
    @Override
    public Optional<ProcessGroup> join() {
      return Optional.empty();
    }
  }

  /** Tells of a group. */
  public static final class Launched implements ProcessGroupProvider {
    @Override
    public Optional<ProcessGroup> join() {
      OPEN.incrementAndGet();
      return Optional.of(new SecondOfThree());
    }
  }

  /** Tells of one, too. */
  public static final class AlsoLaunched implements ProcessGroupProvider {
    @Override
    public Optional<ProcessGroup> join() {
      OPEN.incrementAndGet();
      return Optional.of(new SecondOfThree());
    }
  }

  /** Cannot join its group. */
  public static final class Broken implements ProcessGroupProvider {
    @Override
    public Optional<ProcessGroup> join() {
      throw new IllegalStateException("rank 0 does not answer");
    }
  }

  /** A group that counts whether it is closed, and has nobody to talk to. */
  private record SecondOfThree() implements ProcessGroup {
    @Override
    public int rank() {
      return 1;
    }

    @Override
    public int worldSize() {
      return 3;
    }

    @Override
    public void broadcast(NDArray array, int root) {
      throw new AssertionError("nobody is there");
    }

    @Override
    public void allReduce(NDArray array) {
      throw new AssertionError("nobody is there");
    }

    @Override
    public void reduceScatter(NDArray array) {
      throw new AssertionError("nobody is there");
    }

    @Override
    public void allGather(NDArray array) {
      throw new AssertionError("nobody is there");
    }

    @Override
    public List<byte[]> allGather(byte[] bytes) {
      throw new AssertionError("nobody is there");
    }

    @Override
    public void close() {
      OPEN.decrementAndGet();
    }
  }

  @Test
  void aProcessThatNoLauncherStartedIsAWorldOfOne() throws IOException {
    assertThat(ProcessGroup.launched()).isSameAs(ProcessGroup.single());
    assertThat(launched(NotLaunched.class)).isSameAs(ProcessGroup.single());
  }

  @Test
  void theGroupOfTheLauncherIsJoined() throws IOException {
    try (ProcessGroup group = launched(NotLaunched.class, Launched.class)) {
      assertThat(group.rank()).isEqualTo(1);
      assertThat(group.worldSize()).isEqualTo(3);
      assertThat(group.localRank()).isEqualTo(1);
    }
    assertThat(OPEN).hasValue(0);
  }

  @Test
  void twoGroupsAreRefusedAndLeft() {
    assertThatIllegalStateException()
        .isThrownBy(() -> launched(Launched.class, AlsoLaunched.class))
        .withMessageContainingAll(
            Launched.class.getName(), AlsoLaunched.class.getName(), "take one of them off");
    assertThat(OPEN).hasValue(0);
  }

  @Test
  void aGroupIsLeftWhereAnotherProviderFails() {
    assertThatThrownBy(() -> launched(Launched.class, Broken.class))
        .hasMessageContaining("rank 0 does not answer");
    assertThat(OPEN).hasValue(0);
  }

  private ProcessGroup launched(Class<?>... providers) throws IOException {
    Path services = Files.createDirectories(folder.resolve("META-INF/services"));
    Files.write(
        services.resolve(ProcessGroupProvider.class.getName()),
        List.of(providers).stream().map(Class::getName).toList());
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader host = new URLClassLoader(new URL[] {folder.toUri().toURL()}, before)) {
      thread.setContextClassLoader(host);
      return ProcessGroup.launched();
    } finally {
      thread.setContextClassLoader(before);
    }
  }
}
