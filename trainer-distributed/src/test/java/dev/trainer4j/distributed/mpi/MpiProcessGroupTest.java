// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Collectives among real processes. */
@Timeout(300)
class MpiProcessGroupTest {

  @TempDir Path folder;

  @Test
  void collectivesKeepTheContract() throws Exception {
    Mpirun.Ended ended = Mpirun.of(2, folder).run(CollectivesMain.class);

    assertThat(ended.output()).isEqualTo("all is well\nall is well\n");
    assertThat(ended.exitCode()).isZero();
  }

  /**
   * Chunks of few elements take the ways of tensors that are too large for one call. And where rank 0 cannot listen, the
   * ranks do without.
   */
  @Test
  void collectivesKeepTheContractInSmallChunksAndWithoutAPort() throws Exception {
    try (ServerSocket taken = new ServerSocket(0)) {
      Mpirun.Ended ended =
          Mpirun.of(3, folder)
              .jvm("-Dtrainer4j.mpi.chunk=7", "-Dtrainer4j.mpi.port=" + taken.getLocalPort())
              .run(CollectivesMain.class);

      assertThat(ended.output().split("all is well", -1)).as(ended.output()).hasSize(4);
      assertThat(ended.output()).containsOnlyOnce("rank 0 cannot listen for the other ranks");
      assertThat(ended.exitCode()).isZero();
    }
  }

  @Test
  void aProcessThatMpirunDidNotStartIsAWorldOfOne() {
    assertThat(new MpiProvider(Map.of()).join()).isEmpty();
    assertThat(new MpiProvider(Map.of("OMPI_COMM_WORLD_SIZE", "1")).join()).isEmpty();
  }
}
