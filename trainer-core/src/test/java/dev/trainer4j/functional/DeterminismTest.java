// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.testing.TestRun;
import dev.trainer4j.testing.TestRun.Outcome;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run depends on its seed and on nothing else. */
class DeterminismTest {

  @TempDir Path folder;

  @Test
  void sameSeedGivesTheSameRunToTheBit() {
    Outcome first = TestRun.into(folder).train();
    Outcome second = TestRun.into(folder).train();

    assertThat(second.weights()).isEqualTo(first.weights());
    assertThat(second.timelessLog()).isEqualTo(first.timelessLog());
  }

  @Test
  void anotherSeedGivesAnotherRun() {
    Outcome first = TestRun.into(folder).train();

    assertThat(TestRun.into(folder).args(args -> args.seed(7)).train().weights())
        .isNotEqualTo(first.weights());
    assertThat(TestRun.into(folder).args(args -> args.dataSeed(7)).train().weights())
        .isNotEqualTo(first.weights());
  }

  @Test
  void workersDoNotChangeTheRun() {
    Outcome alone = TestRun.into(folder).args(args -> args.dataloaderNumWorkers(0)).train();
    Outcome helped =
        TestRun.into(folder)
            .args(args -> args.dataloaderNumWorkers(3).dataloaderPrefetchFactor(4))
            .train();

    assertThat(helped.weights()).isEqualTo(alone.weights());
  }

  /** With a callback that looks on, the update runs in phases; without, as one native call. */
  @Test
  void lookingOnDoesNotChangeTheRun() {
    Outcome fused = TestRun.into(folder).train();
    Outcome watched = TestRun.into(folder).watched().train();

    assertThat(watched.weights()).isEqualTo(fused.weights());
    assertThat(watched.timelessLog()).isEqualTo(fused.timelessLog());
  }

  @Test
  void twoTrainersInTwoThreadsEachEqualTheirSoloRun() throws Exception {
    List<Long> seeds = List.of(1L, 2L);
    List<Outcome> solo = seeds.stream().map(this::longRun).toList();

    CyclicBarrier start = new CyclicBarrier(seeds.size());
    ExecutorService threads = Executors.newFixedThreadPool(seeds.size());
    try {
      List<Callable<Outcome>> runs =
          seeds.stream()
              .<Callable<Outcome>>map(
                  seed ->
                      () -> {
                        start.await();
                        return longRun(seed);
                      })
              .toList();
      List<Future<Outcome>> together = threads.invokeAll(runs);
      for (int i = 0; i < solo.size(); i++) {
        Map<String, List<Double>> weights = together.get(i).get().weights();
        assertThat(weights).isEqualTo(solo.get(i).weights());
        assertThat(together.get(i).get().timelessLog()).isEqualTo(solo.get(i).timelessLog());
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private Outcome longRun(long seed) {
    Outcome outcome =
        TestRun.into(folder.resolve("seed-" + seed))
            .args(
                args ->
                    args.seed(seed)
                        .numTrainEpochs(60)
                        .evalStrategy(dev.trainer4j.args.IntervalStrategy.EPOCH))
            .train();
    assertThat(outcome.result().globalStep()).isEqualTo(60L * TestRun.UPDATES_PER_EPOCH);
    return outcome;
  }
}
