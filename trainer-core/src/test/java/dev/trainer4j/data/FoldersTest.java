// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A folder wins over a name; a name needs somebody who knows it. */
class FoldersTest {
  @TempDir Path dir;

  /** Answers with what it was asked for. */
  public static final class Echo implements FolderProvider {
    @Override
    public Path model(String name, String revision) throws IOException {
      if (name.equals("mistyped")) {
        throw new IOException("401 for mistyped");
      }
      return Path.of("/hub", name, revision);
    }
  }

  @Test
  void aFolderIsTakenAsItIs() throws IOException {
    assertThat(Folders.ofModel(dir.toString())).isEqualTo(dir);
  }

  @Test
  void aNameWithoutTheModuleOfTheHubSaysWhatToAdd() {
    assertThatThrownBy(() -> Folders.ofModel("google-bert/bert-base-cased"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("'google-bert/bert-base-cased' is no folder here")
        .hasMessageContaining("dev.trainer4j:trainer-hub");
  }

  @Test
  void aNameGoesToWhoKnowsItWithItsRevision() throws IOException {
    Path services = Files.createDirectories(dir.resolve("META-INF/services"));
    Files.writeString(services.resolve(FolderProvider.class.getName()), Echo.class.getName());
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader host =
        new URLClassLoader(new URL[] {dir.toUri().toURL()}, getClass().getClassLoader())) {
      thread.setContextClassLoader(host);

      assertThat(Folders.ofModel("org/name")).isEqualTo(Path.of("/hub/org/name/main"));
      assertThat(Folders.ofModel("org/name@v2")).isEqualTo(Path.of("/hub/org/name/v2"));
      // A folder that was mistyped looks like a name.
      assertThatThrownBy(() -> Folders.ofModel("mistyped"))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("'mistyped' is no folder here")
          .hasRootCauseMessage("401 for mistyped");
    } finally {
      thread.setContextClassLoader(before);
    }
  }
}
