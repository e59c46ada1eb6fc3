// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What one process of each machine does, and what only one of all does. */
@Timeout(300)
class NodesTest {

  @TempDir Path folder;

  private String run(boolean saves, boolean logs) throws Exception {
    Files.createDirectories(folder.resolve("disk-0"));
    Files.createDirectories(folder.resolve("disk-1"));
    Mpirun.Ended ended =
        Mpirun.of(2, folder)
            .inFoldersOfRanks(folder.resolve("disk-"))
            .run(NodesMain.class, saves, logs);
    assertThat(ended.exitCode()).as(ended.output()).isZero();
    return ended.output();
  }

  @Test
  void eachMachineSavesAndResumesFromItsOwnDisk() throws Exception {
    String output = run(true, true);

    for (String file :
        new String[] {"checkpoint-2/manifest.json", "checkpoint-4/model.safetensors"}) {
      assertThat(folder.resolve("disk-1/out").resolve(file)).exists();
      assertThat(folder.resolve("disk-0/out").resolve(file)).exists();
    }
    assertThat(folder.resolve("disk-1/out/checkpoint-4/model.safetensors"))
        .hasSameBinaryContentAs(folder.resolve("disk-0/out/checkpoint-4/model.safetensors"));
    assertThat(output.split("Running training", -1)).hasSize(1 + 2 * 2);
  }

  @Test
  void elseOneProcessSavesAndSpeaksForAll() throws Exception {
    String output = run(false, false);

    assertThat(folder.resolve("disk-0/out/checkpoint-2")).isDirectory();
    assertThat(folder.resolve("disk-1/out")).doesNotExist();
    assertThat(output.split("Running training", -1)).hasSize(1 + 1);
  }
}
