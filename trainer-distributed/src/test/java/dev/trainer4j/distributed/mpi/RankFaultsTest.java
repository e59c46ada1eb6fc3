// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ranks that stop, end, hang, or do something else: nobody waits for them forever, and the message names them. */
@Timeout(300)
class RankFaultsTest {

  /** How ranks that wait are told. */
  private static final String LAST_WORDS = "Trainer4J ends this job: ";

  @TempDir Path folder;

  private Mpirun.Ended run(int ranks, String fault) throws Exception {
    return Mpirun.of(ranks, folder).run(FaultMain.class, fault, folder);
  }

  private void signal(String signal, int rank) throws Exception {
    String pid = Files.readString(folder.resolve("pid-" + rank));
    assertThat(new ProcessBuilder("kill", "-" + signal, pid).start().waitFor()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void aStoppedRankIsNamedWhenTheTimeIsUp(int rank) throws Exception {
    try (Mpirun.Job job = Mpirun.of(3, folder).start(FaultMain.class, "works", folder)) {
      job.awaitOutput("working");
      signal("STOP", rank);
      Mpirun.Ended ended = job.await();

      List<String> last =
          ended.output().lines().filter(line -> line.startsWith(LAST_WORDS)).toList();
      // Without rank 0, which judges for all, each of the others may come to judge.
      assertThat(last).hasSizeBetween(1, rank == 0 ? 2 : 1);
      assertThat(last)
          .allSatisfy(
              line ->
                  assertThat(line)
                      .contains("waited 3 s (ddp_timeout)", "rank " + rank, "no", "sign of life")
                      .contains("allReduce"));
      assertThat(ended.exitCode()).isNotZero();
    }
  }

  @Test
  void aKilledRankEndsTheJob() throws Exception {
    try (Mpirun.Job job = Mpirun.of(2, folder).start(FaultMain.class, "works", folder)) {
      job.awaitOutput("working");
      signal("KILL", 1);
      assertThat(job.await().exitCode()).isNotZero();
    }
  }

  @Test
  void aRankThatDoesNotComeIsNamed() throws Exception {
    Mpirun.Ended ended = run(3, "hangs");

    assertThat(ended.output())
        .contains(
            LAST_WORDS
                + "waited 3 s (ddp_timeout) for rank 2 (alive), in allGather of bytes of ranks 0, 1.");
    assertThat(ended.exitCode()).isNotZero();
  }

  @Test
  void withoutAPortTheWaitEndsAllTheSame() throws Exception {
    try (ServerSocket taken = new ServerSocket(0)) {
      Mpirun.Ended ended =
          Mpirun.of(2, folder)
              .jvm("-Dtrainer4j.mpi.port=" + taken.getLocalPort())
              .run(FaultMain.class, "hangs", folder);

      assertThat(ended.output())
          .contains(LAST_WORDS + "rank 0 has waited 3 s (ddp_timeout) in allGather of bytes")
          .contains("which rank does not come is not known");
      assertThat(ended.exitCode()).isNotZero();
    }
  }

  @Test
  void aRankThatThrowsEndsTheJobAndItsErrorIsSeen() throws Exception {
    Mpirun.Ended ended = run(2, "throws");

    assertThat(ended.output()).contains("IllegalArgumentException: this sample is broken");
    assertThat(ended.output()).doesNotContain("ended well");
    assertThat(ended.exitCode()).isNotZero();
  }

  @Test
  void aRankThatThrowsBetweenTwoTrainersIsNotWaitedFor() throws Exception {
    Mpirun.Ended ended = run(2, "throws-between-groups");

    assertThat(ended.output()).contains("IllegalArgumentException: this sample is broken");
    assertThat(ended.output()).doesNotContain("ended well");
    assertThat(ended.exitCode()).isNotZero();
  }

  @Test
  void ranksThatDoDifferentThingsLateAreToldApart() throws Exception {
    Mpirun.Ended ended = run(2, "differs");

    assertThat(ended.output()).contains(LAST_WORDS + "the ranks do different things");
    assertThat(ended.exitCode()).isNotZero();
  }

  @Test
  void aGroupThatIsNotClosedDoesNotSpoilTheEnd() throws Exception {
    Mpirun.Ended ended = run(2, "forgets-to-close");

    assertThat(ended.output()).contains("ended well\nended well");
    assertThat(ended.exitCode()).isZero();
  }

  @Test
  void anotherVersionOfJavaIsNamedBeforeAnythingIsTrained() throws Exception {
    Mpirun.Ended ended = run(2, "other-java");

    assertThat(ended.output())
        .contains("the version of Java is not the same on all ranks")
        .contains("rank 1 has 99.0.1");
    assertThat(ended.exitCode()).isNotZero();
  }

  @Test
  void aRankThatNeverJoinsEndsTheStart() throws Exception {
    Mpirun.Ended ended =
        Mpirun.of(2, folder)
            .jvm("-Dtrainer4j.mpi.start_timeout=3")
            .run(FaultMain.class, "never-joins", folder);

    assertThat(ended.output()).contains(LAST_WORDS + "waited 3 s").contains("never builds one");
    assertThat(ended.exitCode()).isNotZero();
  }

  @Test
  void aMissingLibraryIsToldWithWhatToInstall() throws Exception {
    Mpirun.Ended ended =
        Mpirun.of(2, folder)
            .jvm("-Dtrainer4j.mpi.library=/nowhere/libmpi.so.40")
            .run(FaultMain.class, "works", folder);

    assertThat(ended.output())
        .contains("Open MPI's library cannot be loaded", "apt-get install openmpi-bin");
    assertThat(ended.exitCode()).isNotZero();
  }

  @Test
  void anotherMpiIsRefused() throws Exception {
    Mpirun.Ended ended =
        Mpirun.of(2, folder)
            .jvm("-Dtrainer4j.mpi.library=libc.so.6")
            .run(FaultMain.class, "works", folder);

    assertThat(ended.output()).contains("is not Open MPI: it has no ompi_mpi_comm_world");
    assertThatIllegalStateException()
        .isThrownBy(() -> new MpiProvider(Map.of("PMI_RANK", "0", "PMI_SIZE", "2")).join())
        .withMessageContaining("MPICH")
        .withMessageContaining("openmpi-bin");
  }
}
