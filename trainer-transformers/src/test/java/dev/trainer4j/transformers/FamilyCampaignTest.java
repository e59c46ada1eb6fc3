// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.checkpoint.Checkpoint;
import dev.trainer4j.checkpoint.CheckpointStore;
import dev.trainer4j.checkpoint.CheckpointVerification;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills a process that trains pretrained models with SIGKILL at random instants, and starts it again, until
 * all of them are trained. Their weights must then equal, byte for byte, those of a process that trained
 * the same models in the opposite order and was left alone: what a run computes depends on nothing that
 * its process did before.
 *
 * <p>{@code -Dcampaign.kills=300} runs the campaign in full, over all golden models; by default a few kills
 * over a few models show that it works. Each model has one of four modes, the next with the next of {@code
 * -Dcampaign.seed}, so four seeds are every model in every mode.
 */
@Tag("faults")
class FamilyCampaignTest {

  private static final int KILLS = Integer.getInteger("campaign.kills", 2);
  private static final boolean FULL = KILLS > 10;
  private static final int UPDATES = FULL ? 12 : 6;
  private static final int SAVE_STEPS = 2;
  private static final long LONGEST_LIFE_MILLIS = FULL ? 2500 : 400;

  private static final List<String> MODELS =
      FULL
          ? ParityModels.all()
          : List.of("bert-classify", "gpt2", "roberta-classify", "t5", "bart-qa");

  @TempDir Path folder;

  private final long seed = Long.getLong("campaign.seed", 1);
  private final Random random = new Random(seed);
  private int kills;
  private int resumes;
  private int rounds;

  @Test
  void modelsTrainedByProcessesThatAreKilledEqualThoseOfOneThatWasNot() throws Exception {
    List<String> backwards = new ArrayList<>(MODELS);
    Collections.reverse(backwards);
    Path reference = folder.resolve("reference");
    assertThat(live(reference, 0, backwards, Long.MAX_VALUE)).isTrue();
    while (kills < KILLS) {
      Path round = folder.resolve("round-" + rounds++);
      Map<String, Long> newest = new HashMap<>();
      boolean ended = false;
      while (!ended) {
        long life = kills < KILLS ? random.nextLong(LONGEST_LIFE_MILLIS) : Long.MAX_VALUE;
        ended = live(round, SAVE_STEPS, MODELS, life);
        if (!ended) {
          kills++;
          resumes += inspect(round, newest);
        }
      }
      for (String name : MODELS) {
        assertThat(weights(round, name)).as(name).isEqualTo(weights(reference, name));
      }
    }
    System.out.printf(
        "campaign over %d models: %d kills, %d resumes, %d rounds, 0 mismatches%n",
        MODELS.size(), kills, resumes, rounds);
  }

  /**
   * Whatever is called a checkpoint is intact, and none that was seen is lost. Returns how many runs have
   * one and have not ended.
   */
  private static int inspect(Path round, Map<String, Long> newestBefore) throws IOException {
    int begun = 0;
    for (String name : MODELS) {
      Path outputDir = round.resolve(name);
      if (Files.isDirectory(outputDir)) {
        CheckpointStore store = new CheckpointStore(outputDir);
        long newest = -1;
        for (Checkpoint checkpoint : store.list()) {
          CheckpointVerification verification = store.verify(checkpoint.path());
          assertThat(verification.isValid()).as(verification.summary()).isTrue();
          newest = checkpoint.step();
        }
        assertThat(newest).as(name).isGreaterThanOrEqualTo(newestBefore.getOrDefault(name, -1L));
        newestBefore.put(name, newest);
        begun +=
            !store.list().isEmpty()
                    && !Files.exists(outputDir.resolve("final").resolve("model.safetensors"))
                ? 1
                : 0;
      }
    }
    return begun;
  }

  /** Starts a process; kills it so long after its first update. Returns whether it ended well. */
  private boolean live(Path folder, int saveSteps, List<String> names, long lifeMillis)
      throws Exception {
    List<Object> arguments = new ArrayList<>(List.of(folder, UPDATES, saveSteps, seed % 4));
    arguments.addAll(names);
    Process child =
        new ProcessBuilder(ChildJvm.command(FamilyRuns.class, arguments.toArray()))
            .redirectErrorStream(true)
            .start();
    List<String> lines = new ArrayList<>();
    try (BufferedReader out = child.inputReader(StandardCharsets.UTF_8)) {
      String line = out.readLine();
      while (line != null && !line.equals(FamilyRuns.TRAINING)) {
        lines.add(line);
        line = out.readLine();
      }
      if (line != null
          && lifeMillis < Long.MAX_VALUE
          && !child.waitFor(lifeMillis, TimeUnit.MILLISECONDS)) {
        child.destroyForcibly().waitFor();
        return false;
      }
      out.lines().forEach(lines::add);
      assertThat(child.waitFor()).as(String.join("\n", lines)).isZero();
      assertThat(lines.get(lines.size() - 1)).isEqualTo("done");
      return true;
    } finally {
      child.destroyForcibly();
    }
  }

  private static byte[] weights(Path folder, String name) throws IOException {
    return Files.readAllBytes(folder.resolve(name).resolve("final").resolve("model.safetensors"));
  }
}
