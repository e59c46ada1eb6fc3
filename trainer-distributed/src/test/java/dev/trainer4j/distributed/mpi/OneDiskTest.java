// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Ranks save parts of one checkpoint, and one of them has a real disk of its own. Needs the right to mount in a namespace,
 * which some systems deny; then it is skipped, or fails where {@code TRAINER4J_REQUIRE_FULL_DISK} is 1.
 */
class OneDiskTest {

  @TempDir static Path folder;

  @BeforeAll
  static void train() throws Exception {
    Mpirun.requireInstalled();
    Optional<String> namespace = namespace();
    assertThat(namespace.isPresent() || !"1".equals(System.getenv("TRAINER4J_REQUIRE_FULL_DISK")))
        .as("TRAINER4J_REQUIRE_FULL_DISK is 1, but mounting is not allowed here")
        .isTrue();
    assumeTrue(namespace.isPresent(), "mounting is not allowed here");
    Mpirun.Ended ended =
        Mpirun.of(2, folder)
            .through("unshare", namespace.orElseThrow())
            .run(OneDiskMain.class, folder);
    assertThat(ended.exitCode()).as(ended.output()).isZero();
  }

  /** The option of unshare that gives a namespace in which a disk can be mounted. */
  private static Optional<String> namespace() throws IOException, InterruptedException {
    for (String option : List.of("-m", "-rm")) {
      ProcessBuilder mount =
          new ProcessBuilder("unshare", option, "mount", "-t", "tmpfs", "tmpfs", folder.toString());
      mount.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD);
      if (mount.start().waitFor() == 0) {
        return Optional.of(option);
      }
    }
    return Optional.empty();
  }

  private static String outcome(String what, int rank) throws IOException {
    return Files.readString(Troubles.file(folder, what, rank));
  }

  private static List<String> saved(String what) throws IOException {
    try (Stream<Path> children = Files.list(folder.resolve(what))) {
      return children
          .map(child -> child.getFileName().toString())
          .filter(name -> name.contains("checkpoint"))
          .toList();
    }
  }

  @Test
  void aDiskThatIsFullOnOneRankIsToldOnAllAndTheEarlierCheckpointStands() throws IOException {
    assertThat(outcome("full", 1))
        .contains("Cannot save", "checkpoint-4", "No space left on device", "earlier ones stand");
    assertThat(outcome("full", 0))
        .startsWith("rank 1: ")
        .contains("Cannot save", "checkpoint-4", "No space left on device");
    assertThat(saved("full")).containsExactly("checkpoint-2");
  }

  @Test
  void aFolderThatOneRankDoesNotSeeIsNamedOnAll() throws IOException {
    assertThat(outcome("unseen", 1))
        .contains(
            "there is no folder", "checkpoint-4", "outputDir must be on a disk that they share");
    assertThat(outcome("unseen", 0)).startsWith("rank 1: ").contains("there is no folder");
    assertThat(saved("unseen")).containsExactly("checkpoint-2");
  }
}
