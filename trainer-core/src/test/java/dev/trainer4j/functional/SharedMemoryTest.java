// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.types.DataType;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.InMemoryWorld;
import dev.trainer4j.testing.Natives;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What ranks that share hold outside of the Java heap does not grow, however long a run is. */
@Timeout(300)
class SharedMemoryTest {

  private static final int UPDATES = 2000;

  /** A multiple of an epoch's updates, so that every measurement meets the same of a loader. */
  private static final int BETWEEN = 240;

  /** From one measurement to the next, of which most must stay below it. */
  private static final long RISE_KIB = 6 * 1024;

  @TempDir Path folder;

  /** Measures on rank 0, while the others wait. */
  private static final class Meter implements TrainerCallback {
    private final ProcessGroup group;
    private final List<Long> arrays = new ArrayList<>();
    private final List<Long> residentKib = new ArrayList<>();

    Meter(ProcessGroup group) {
      this.group = group;
    }

    @Override
    public void onStepBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
      if (state.globalStep() > 0 && state.globalStep() % BETWEEN == 0) {
        group.barrier();
        if (group.isMain()) {
          measure();
        }
        group.barrier();
      }
    }

    private void measure() {
      try {
        System.gc();
        arrays.add(Natives.arrays());
        Natives.residentKib().ifPresent(residentKib::add);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void staysFlatOver2000UpdatesWithEvaluations(int stage) throws Exception {
    List<Meter> meters =
        InMemoryWorld.call(
            2,
            group -> {
              Meter meter = new Meter(group);
              try (TinyModel tiny = new TinyModel(1, 0, DataType.FLOAT64);
                  Trainer trainer =
                      Trainer.builder(
                              tiny.model(),
                              ShardedRuns.args(folder, 2, stage)
                                  .maxSteps(UPDATES)
                                  .dataloaderNumWorkers(0)
                                  .loggingSteps(100)
                                  .evalStrategy(IntervalStrategy.STEPS)
                                  .evalSteps(200)
                                  .build())
                          .trainDataset(TinyData.points(240, 1))
                          .evalDataset(TinyData.points(30, 2))
                          .processGroup(group)
                          .callback(meter)
                          .build()) {
                assertThat(trainer.train().globalStep()).isEqualTo(UPDATES);
              }
              return meter;
            });
    List<Long> arrays = meters.get(0).arrays;
    // One that is kept by each update would be a thousand; a batch that the other rank makes is
    // none of them.
    assertThat(arrays)
        .hasSize(8)
        .allSatisfy(count -> assertThat(count).isBetween(arrays.get(0) - 10, arrays.get(0) + 10));
    List<Long> resident = meters.get(0).residentKib;
    List<Long> rises =
        IntStream.range(1, resident.size())
            .mapToObj(i -> resident.get(i) - resident.get(i - 1))
            .sorted()
            .toList();
    if (!rises.isEmpty()) {
      assertThat(rises.get(rises.size() / 4))
          .as("resident, KiB: %s", resident)
          .isLessThan(RISE_KIB);
    }
  }
}
