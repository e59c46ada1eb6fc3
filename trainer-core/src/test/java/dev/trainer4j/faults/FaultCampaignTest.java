// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.checkpoint.Checkpoint;
import dev.trainer4j.checkpoint.CheckpointStore;
import dev.trainer4j.checkpoint.CheckpointVerification;
import dev.trainer4j.testing.ChildJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills a training process with SIGKILL at random instants, also inside saves, and starts it again,
 * until it ends. Its weights must then equal those of a run that was left alone, byte for byte, and
 * at no moment may a folder called {@code checkpoint-N} be anything but intact.
 *
 * <p>{@code -Dcampaign.kills=100} runs the campaign in full; by default a few kills show that it
 * works.
 */
@Tag("faults")
class FaultCampaignTest {

  private static final int KILLS = Integer.getInteger("campaign.kills", 6);
  private static final int UPDATES = Integer.getInteger("campaign.updates", 300);
  private static final int SAVE_STEPS = 4;
  private static final long LONGEST_LIFE_MILLIS = 1500;

  @TempDir Path folder;

  private final Random random = new Random(Long.getLong("campaign.seed", 1));
  private int kills;
  private int killsInsideSaves;
  private int resumes;
  private int rounds;

  @Test
  void aRunThatIsKilledAgainAndAgainEndsWithTheWeightsOfOneThatWasNot() throws Exception {
    Path reference = folder.resolve("reference");
    assertThat(runChild(reference, 0, Long.MAX_VALUE)).isTrue();
    byte[] expected = weights(reference);
    int mismatches = 0;
    while (kills < KILLS) {
      Path outputDir = folder.resolve("round-" + rounds++);
      killUntilItEnds(outputDir);
      mismatches += java.util.Arrays.equals(weights(outputDir), expected) ? 0 : 1;
    }
    System.out.printf(
        "fault campaign: %d kills (%d inside saves), %d resumes, %d rounds, %d mismatches%n",
        kills, killsInsideSaves, resumes, rounds, mismatches);
    assertThat(mismatches).isZero();
  }

  private void killUntilItEnds(Path outputDir) throws Exception {
    long newest = -1;
    boolean ended = false;
    while (!ended) {
      resumes += newest >= 0 ? 1 : 0;
      // The last lives are left alone, so that a small campaign ends soon after its last kill.
      long life = kills < KILLS ? random.nextLong(LONGEST_LIFE_MILLIS) : Long.MAX_VALUE;
      ended = runChild(outputDir, SAVE_STEPS, life);
      if (!ended) {
        kills++;
        newest = inspect(outputDir, newest);
      }
    }
  }

  /** Whatever is called a checkpoint is intact, and none that was seen is lost. */
  private long inspect(Path outputDir, long newestBefore) throws IOException {
    CheckpointStore store = new CheckpointStore(outputDir);
    try (var children = Files.list(outputDir)) {
      killsInsideSaves +=
          children.anyMatch(child -> child.getFileName().toString().startsWith(".checkpoint-"))
              ? 1
              : 0;
    }
    long newest = -1;
    for (Checkpoint checkpoint : store.list()) {
      CheckpointVerification verification = store.verify(checkpoint.path());
      assertThat(verification.isValid()).as(verification.summary()).isTrue();
      newest = checkpoint.step();
    }
    assertThat(newest).isGreaterThanOrEqualTo(newestBefore);
    return newest;
  }

  /** Starts the child; kills it so long after its first update. Returns whether it ended well. */
  private boolean runChild(Path outputDir, int saveSteps, long lifeMillis) throws Exception {
    Process child =
        new ProcessBuilder(ChildJvm.command(CampaignChild.class, outputDir, UPDATES, saveSteps))
            .redirectErrorStream(true)
            .start();
    List<String> lines = new ArrayList<>();
    try (BufferedReader out =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
      // A life that begins behind the last update has none to announce: it only ends.
      boolean training = readUntilTraining(out, lines);
      if (training && !child.waitFor(Math.min(lifeMillis, 300_000), TimeUnit.MILLISECONDS)) {
        child.destroyForcibly().waitFor();
        return false;
      }
      out.lines().forEach(lines::add);
      assertThat(child.waitFor()).as(String.join("\n", lines)).isZero();
      assertThat(lines.get(lines.size() - 1)).isEqualTo("done " + UPDATES);
      return true;
    } finally {
      child.destroyForcibly();
    }
  }

  /** Returns whether the child reached an update; false if its output ended before. */
  private static boolean readUntilTraining(BufferedReader out, List<String> lines)
      throws IOException {
    String line = out.readLine();
    while (line != null && !line.startsWith(CampaignChild.TRAINING)) {
      lines.add(line);
      line = out.readLine();
    }
    return line != null;
  }

  private static byte[] weights(Path outputDir) throws IOException {
    return Files.readAllBytes(outputDir.resolve("final").resolve("model.safetensors"));
  }
}
