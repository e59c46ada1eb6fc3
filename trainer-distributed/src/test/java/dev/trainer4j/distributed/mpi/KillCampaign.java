// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/**
 * Kills one rank of a job at random instants, and starts it again, until it was killed often enough: each time the job
 * ends within ten seconds, and at last the weights are those of a run that nobody disturbed, to the bit. Arguments of
 * the program: kills, ranks, a folder.
 */
public final class KillCampaign {

  private static final int UPDATES = 200;

  private final Path folder;
  private final int ranks;
  private final Random random;
  private int runs;
  private int kills;
  private long longestMillis;

  KillCampaign(Path folder, int ranks, long seed) {
    this.folder = folder;
    this.ranks = ranks;
    random = new Random(seed);
  }

  /** Runs a campaign and prints what came of it. */
  @SuppressWarnings("SystemOut")
  public static void main(String[] args) throws Exception {
    KillCampaign campaign =
        new KillCampaign(Path.of(args[2]), Integer.parseInt(args[1]), System.nanoTime());
    campaign.run(Integer.parseInt(args[0]));
    System.out.println(campaign);
  }

  void run(int wanted) throws Exception {
    byte[] undisturbed = finish(Files.createDirectories(folder.resolve("undisturbed")));
    while (kills < wanted) {
      Path out = Files.createDirectories(folder.resolve("run-" + runs++));
      while (kills < wanted && kill(out)) {
        kills++;
      }
      assertThat(finish(out)).as("the weights after kill %s", kills).isEqualTo(undisturbed);
    }
  }

  private byte[] finish(Path out) throws IOException, InterruptedException {
    Mpirun.Ended ended = Mpirun.of(ranks, folder).run(KilledMain.class, out, UPDATES);
    assertThat(ended.exitCode()).as(ended.output()).isZero();
    return Files.readAllBytes(out.resolve("final/model.safetensors"));
  }

  /** Returns whether a rank was killed before the run was over. */
  private boolean kill(Path out) throws IOException, InterruptedException {
    try (Mpirun.Job job = Mpirun.of(ranks, folder).start(KilledMain.class, out, UPDATES)) {
      job.awaitOutput("updates begin");
      Thread.sleep(random.nextInt(1200));
      long pid = Long.parseLong(Files.readString(out.resolve("pid-" + random.nextInt(ranks))));
      boolean killed = ProcessHandle.of(pid).map(ProcessHandle::destroyForcibly).orElse(false);
      long start = System.nanoTime();
      Mpirun.Ended ended = job.await();
      long millis = (System.nanoTime() - start) / 1_000_000;
      if (!killed || ended.exitCode() == 0) {
        return false;
      }
      longestMillis = Math.max(longestMillis, millis);
      return true;
    }
  }

  @Override
  public String toString() {
    return kills
        + " kills in "
        + runs
        + " runs of "
        + ranks
        + " ranks; the longest end took "
        + longestMillis
        + " ms";
  }
}
