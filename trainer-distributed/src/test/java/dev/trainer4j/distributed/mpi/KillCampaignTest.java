// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The short form of {@link KillCampaign}. */
@Timeout(600)
class KillCampaignTest {

  @TempDir Path folder;

  @Test
  void aKilledJobGoesOnToTheWeightsOfAnUndisturbedOne() throws Exception {
    Mpirun.requireInstalled();
    new KillCampaign(folder, 2, 1).run(2);
  }
}
