// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Collectives among real processes. */
@Timeout(300)
class MpiProcessGroupTest {

  @TempDir Path folder;

  /** Chunks of few elements take the ways of tensors that are too large for one call. */
  @ParameterizedTest
  @CsvSource({"2, 268435456", "3, 7"})
  void collectivesKeepTheContract(int ranks, int chunk) throws Exception {
    Mpirun.Ended ended =
        Mpirun.of(ranks, folder)
            .jvm("-Dtrainer4j.mpi.chunk=" + chunk)
            .run(CollectivesMain.class);

    assertThat(ended.output()).containsOnlyOnce("all is well\n".repeat(ranks));
    assertThat(ended.exitCode()).isZero();
  }

  @Test
  void aProcessThatMpirunDidNotStartIsAWorldOfOne() {
    assertThat(new MpiProvider(java.util.Map.of()).join()).isEmpty();
    assertThat(new MpiProvider(java.util.Map.of("OMPI_COMM_WORLD_SIZE", "1")).join()).isEmpty();
  }
}
