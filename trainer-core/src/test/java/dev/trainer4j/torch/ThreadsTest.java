// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** These run with libtorch's number of threads set to 1; {@link ThreadDefaultsTest} does without. */
@Tag("cpu") // a GPU needs no threads
class ThreadsTest {

  private static final long MANY = 1L << 40;

  /** In a thread that libtorch has not met. */
  private static <T> T inNewThread(Callable<T> body) throws Exception {
    FutureTask<T> task = new FutureTask<>(body);
    new Thread(task, "threads-test").start();
    return task.get();
  }

  /** The system's threads called like the calling one, which libgomp's inherit. */
  private static long sameName() {
    try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
      return tasks.filter(task -> nameOf(task).equals("threads-test")).count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String nameOf(Path task) {
    try {
      return Files.readString(task.resolve("comm")).strip();
    } catch (IOException e) {
      return ""; // It has ended.
    }
  }

  private static Threads asking(int threads) {
    return Threads.of(Optional.of(threads), Optional.empty());
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void libtorchComputesWithTheThreadsAskedFor() throws Exception {
    long[] seen =
        inNewThread(
            () -> {
              try (NDManager manager = NDManager.newBaseManager();
                  Threads threads = asking(3)) {
                NDArray array = manager.ones(new Shape(1 << 20));
                array.add(1).close();
                long alone = sameName();
                threads.use(1, List.of(array));
                array.add(1).close();
                return new long[] {alone, sameName()};
              }
            });
    assertThat(seen).containsExactly(1, 3);
  }

  @Test
  void closingGivesBackWhatWas() throws Exception {
    List<Integer> seen =
        inNewThread(
            () -> {
              JniUtils.setNumThreads(2);
              Threads threads = asking(3);
              int unused = JniUtils.getNumThreads();
              threads.use(1, List.of());
              int used = JniUtils.getNumThreads();
              threads.close();
              int closed = JniUtils.getNumThreads();
              JniUtils.setNumThreads(1); // for the process
              threads.close();
              return List.of(unused, used, closed, JniUtils.getNumThreads());
            });
    assertThat(seen).containsExactly(2, 3, 2, 1);
  }

  @Test
  void otherThreadsKeepTheirNumber() throws Exception {
    int here = JniUtils.getNumThreads();
    List<Integer> seen =
        inNewThread(
            () -> {
              try (Threads threads = asking(3)) {
                threads.use(1, List.of());
                return List.of(JniUtils.getNumThreads(), inNewThread(JniUtils::getNumThreads));
              }
            });
    assertThat(seen).containsExactly(3, here);
    assertThat(JniUtils.getNumThreads()).isEqualTo(here);
    assertThat(inNewThread(JniUtils::getNumThreads)).isEqualTo(here);
  }

  @Test
  void aRunWithinAnotherEndsWithTheNumberOfTheOuterOne() throws Exception {
    List<Integer> seen =
        inNewThread(
            () -> {
              try (Threads outer = asking(3)) {
                outer.use(1, List.of());
                try (Threads inner = asking(2)) {
                  inner.use(1, List.of());
                }
                return List.of(JniUtils.getNumThreads());
              }
            });
    assertThat(seen).containsExactly(3);
  }

  @Test
  void theFirstMicroBatchDecides() throws Exception {
    Properties none = new Properties();
    List<Optional<Integer>> seen =
        inNewThread(
            () -> {
              JniUtils.setNumThreads(2);
              try (Threads threads =
                  Threads.of(Optional.empty(), Optional.empty(), Map.of(), none)) {
                Optional<Integer> before = threads.count();
                threads.use(1, List.of());
                Optional<Integer> first = threads.count();
                threads.use(MANY, List.of());
                return List.of(before, first, threads.count());
              } finally {
                JniUtils.setNumThreads(1);
              }
            });
    assertThat(seen).containsExactly(Optional.empty(), Optional.of(1), Optional.of(1));
  }

  /** The number for {@code parameters}, in a process whose environment says nothing, of two threads. */
  private static int chosen(Optional<Integer> asked, Optional<Integer> recorded, long parameters)
      throws Exception {
    return inNewThread(
        () -> {
          JniUtils.setNumThreads(2);
          try (Threads threads = Threads.of(asked, recorded, Map.of(), new Properties())) {
            threads.use(parameters, List.of());
            return threads.count().orElseThrow();
          } finally {
            JniUtils.setNumThreads(1);
          }
        });
  }

  @Test
  void aRunThatGoesOnKeepsItsNumberWhereTheProcessMayUseAsMany() throws Exception {
    Optional<Integer> none = Optional.empty();
    int atMost = Math.min(2, Runtime.getRuntime().availableProcessors());
    assertThat(chosen(none, none, MANY)).isEqualTo(atMost);
    assertThat(chosen(none, Optional.of(1), MANY)).isEqualTo(1);
    assertThat(chosen(none, Optional.of(atMost), 1)).isEqualTo(atMost);
    assertThat(chosen(none, Optional.of(atMost + 1), 1)).isEqualTo(1);
    assertThat(chosen(Optional.of(3), Optional.of(1), 1)).isEqualTo(3);
  }

  @Test
  void whatTheEnvironmentSaysHoldsOverWhatWasRecorded() throws Exception {
    int count =
        inNewThread(
            () -> {
              JniUtils.setNumThreads(2);
              try (Threads threads =
                  Threads.of(
                      Optional.empty(),
                      Optional.of(1),
                      Map.of("OMP_NUM_THREADS", "2"),
                      new Properties())) {
                threads.use(1, List.of());
                return threads.count().orElseThrow();
              } finally {
                JniUtils.setNumThreads(1);
              }
            });
    assertThat(count).isEqualTo(2);
  }

  @Test
  void fewerThanOneAreRefusedByName() {
    assertThatThrownBy(() -> asking(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("torchNumThreads is 0; give a number of threads, at least 1");
  }
}
