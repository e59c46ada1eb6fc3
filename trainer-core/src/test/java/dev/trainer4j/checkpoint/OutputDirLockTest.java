// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.testing.ChildJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputDirLockTest {
  private final Path folder;

  OutputDirLockTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void aSecondTrainerInThisJvmIsRefusedUntilTheFirstIsClosed() throws IOException {
    Path outputDir = folder.resolve("out");
    OutputDirLock lock = OutputDirLock.acquire(outputDir);
    try {
      assertThatThrownBy(() -> OutputDirLock.acquire(folder.resolve("./out")))
          .isInstanceOf(OutputDirLockedException.class)
          .hasMessageContaining("another run in this JVM: process " + ProcessHandle.current().pid())
          .hasMessageContaining("choose another outputDir");
    } finally {
      lock.close();
      lock.close();
    }
    OutputDirLock.acquire(outputDir).close();
  }

  @Test
  void twoFoldersDoNotSeeEachOther() throws IOException {
    try (OutputDirLock one = OutputDirLock.acquire(folder.resolve("one"));
        OutputDirLock two = OutputDirLock.acquire(folder.resolve("two"))) {
      assertThat(one).isNotSameAs(two);
    }
  }

  @Test
  void anotherProcessIsNamedAndItsDeathFreesTheFolder() throws Exception {
    Process other = holdInAnotherProcess(true);
    try {
      assertThatThrownBy(() -> OutputDirLock.acquire(folder))
          .isInstanceOf(OutputDirLockedException.class)
          .hasMessageContaining("process " + other.pid() + " on host")
          .hasMessageContaining("since 20");
    } finally {
      other.destroyForcibly().waitFor();
    }
    assertThat(folder.resolve(".trainer4j.lock")).isNotEmptyFile();
    OutputDirLock.acquire(folder).close();
  }

  /** On POSIX, closing any channel on the file would silently give up the lock of the process. */
  @Test
  void aRefusedSecondTrainerDoesNotUnlockTheFirst() throws Exception {
    try (OutputDirLock lock = OutputDirLock.acquire(folder)) {
      assertThatThrownBy(() -> OutputDirLock.acquire(folder))
          .isInstanceOf(OutputDirLockedException.class);
      assertThatThrownBy(() -> acquireInAnotherClassLoader()).hasMessageContaining("class loader");
      Process other = holdInAnotherProcess(false);
      assertThat(other.waitFor(240, TimeUnit.SECONDS)).isTrue();
      assertThat(other.exitValue()).isEqualTo(3);
      assertThat(lock).isNotNull();
    }
    holdInAnotherProcess(true).destroyForcibly().waitFor();
  }

  private void acquireInAnotherClassLoader() throws Throwable {
    URL classes = OutputDirLock.class.getProtectionDomain().getCodeSource().getLocation();
    try (URLClassLoader loader = new URLClassLoader(new URL[] {classes}, null)) {
      Class<?> copy = loader.loadClass(OutputDirLock.class.getName());
      copy.getMethod("acquire", Path.class).invoke(null, folder);
    } catch (java.lang.reflect.InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private Process holdInAnotherProcess(boolean expectLock) throws IOException {
    Process process =
        new ProcessBuilder(ChildJvm.command(Holder.class, folder))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    assertThat(out.readLine()).isEqualTo(expectLock ? "locked" : "refused");
    return process;
  }

  /** A run that holds its folder until it is killed. */
  static final class Holder {
    private Holder() {}

    @SuppressWarnings("try")
    public static void main(String[] args) throws Exception {
      try (OutputDirLock lock = OutputDirLock.acquire(Path.of(args[0]))) {
        System.out.println("locked");
        Thread.sleep(60_000);
      } catch (OutputDirLockedException e) {
        System.out.println("refused");
        System.exit(3);
      }
    }
  }

  @Test
  void aLinkInPlaceOfTheLockFileIsRefusedAndNotFollowed() throws IOException {
    Path precious = Files.writeString(folder.resolve("precious"), "precious");
    Path lock = folder.resolve(".trainer4j.lock");
    Files.createSymbolicLink(lock, precious);

    assertThatThrownBy(() -> OutputDirLock.acquire(folder))
        .isInstanceOf(FileSystemException.class)
        .hasMessageContaining(lock + ": is a symbolic link")
        .hasMessageContaining("delete it");

    assertThat(precious).hasContent("precious");
    Files.delete(lock);
    Files.createSymbolicLink(lock, folder.resolve("nothing yet"));
    assertThatThrownBy(() -> OutputDirLock.acquire(folder)).hasMessageContaining("symbolic link");
    assertThat(folder.resolve("nothing yet")).doesNotExist();
  }

  @Test
  void aFolderThatIsItselfALinkIsTheUsersChoice() throws IOException {
    Path disk = Files.createDirectory(folder.resolve("large-disk"));
    Path link = Files.createSymbolicLink(folder.resolve("out"), disk);
    try (OutputDirLock lock = OutputDirLock.acquire(link)) {
      assertThat(lock).isNotNull();
      assertThatThrownBy(() -> OutputDirLock.acquire(disk))
          .isInstanceOf(OutputDirLockedException.class);
    }
    assertThat(disk.resolve(".trainer4j.lock")).isNotEmptyFile();
  }

  @Test
  void anInterruptedThreadGetsTheFolderAndStaysInterrupted() throws IOException {
    Thread.currentThread().interrupt();
    try (OutputDirLock lock = OutputDirLock.acquire(folder)) {
      assertThat(lock).isNotNull();
      assertThat(Thread.interrupted()).isTrue();
      assertThatThrownBy(() -> OutputDirLock.acquire(folder))
          .isInstanceOf(OutputDirLockedException.class);
    } finally {
      boolean unused = Thread.interrupted();
    }
  }
}
