// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.data.IterableDataset;
import dev.trainer4j.data.ResumableDataset;
import dev.trainer4j.data.ResumableIterator;
import dev.trainer4j.testing.Crash;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A stream that saves where it stands goes on there, and nothing is read twice. */
class ResumableStreamTest {

  private static final int SAMPLES_PER_EPOCH = 11;

  @TempDir Path folder;

  /** What was read, as epoch * 100 + sample, in order. */
  private final List<Long> reads = new CopyOnWriteArrayList<>();

  /** Eleven samples an epoch, other ones in each; it notes what is read. */
  private final class Stream implements ResumableDataset<Map<String, Object>> {
    @Override
    public ResumableIterator<Map<String, Object>> iterator(long epoch) {
      return from(epoch, 0);
    }

    @Override
    public ResumableIterator<Map<String, Object>> resume(long epoch, Map<String, Object> state) {
      return from(epoch, ((Number) state.get("offset")).intValue());
    }

    private ResumableIterator<Map<String, Object>> from(long epoch, int start) {
      List<Map<String, Object>> samples = TinyData.list(SAMPLES_PER_EPOCH, epoch);
      return new ResumableIterator<>() {
        private int next = start;

        @Override
        public boolean hasNext() {
          return next < samples.size();
        }

        @Override
        public Map<String, Object> next() {
          reads.add(epoch * 100 + next);
          return samples.get(next++);
        }

        @Override
        public Map<String, Object> state() {
          return Map.of("offset", next);
        }
      };
    }
  }

  private TrainingArguments args(String name, Consumer<TrainingArguments.Builder> change) {
    TrainingArguments.Builder args =
        TrainingArguments.builder()
            .outputDir(folder.resolve(name))
            .maxSteps(8)
            .perDeviceTrainBatchSize(2)
            .gradientAccumulationSteps(2)
            .learningRate(0.05)
            .saveStrategy(IntervalStrategy.STEPS)
            .saveSteps(1);
    change.accept(args);
    return args.build();
  }

  private Map<String, List<Double>> train(
      IterableDataset<Map<String, Object>> stream,
      TrainingArguments args,
      ResumeFrom from,
      TrainerCallback... callbacks) {
    reads.clear();
    try (TinyModel model = new TinyModel(1, 0.3f)) {
      Trainer.Builder builder = Trainer.builder(model.model(), args).trainDataset(stream);
      List.of(callbacks).forEach(builder::callback);
      try (Trainer trainer = builder.build()) {
        trainer.train(from);
      }
      return model.weights();
    }
  }

  private void crashAfter(long step, TrainingArguments args) {
    assertThatThrownBy(() -> train(new Stream(), args, ResumeFrom.never(), Crash.after(step)))
        .hasMessageContaining("crash");
  }

  /** The samples of the epochs from a given one on: three updates an epoch, of 4, 4 and 3. */
  private static List<Long> samples(long epoch, long first, long lastEpoch, long end) {
    List<Long> samples = new ArrayList<>();
    for (long e = epoch; e <= lastEpoch; e++) {
      long of = e * 100;
      LongStream.range(e == epoch ? first : 0, e == lastEpoch ? end : SAMPLES_PER_EPOCH)
          .forEach(i -> samples.add(of + i));
    }
    return samples;
  }

  @ParameterizedTest
  @CsvSource({"1, 0, 0, 4", "2, 3, 0, 8", "3, 2, 0, 11", "4, 2, 1, 4", "7, 3, 2, 4"})
  void goesOnWithTheNextSampleToTheBitHoweverFarWorkersHaveRead(
      long crash, int workers, long epoch, long next) {
    Map<String, List<Double>> whole =
        train(new Stream(), args("whole", a -> {}), ResumeFrom.never());
    crashAfter(
        crash,
        args(
            "crashed",
            a -> {
              a.dataloaderNumWorkers(workers);
              if (workers > 0) {
                a.dataloaderPrefetchFactor(3);
              }
            }));

    TrainingArguments plain = args("crashed", a -> a.dataloaderNumWorkers(0));
    assertThat(train(new Stream(), plain, ResumeFrom.latest())).isEqualTo(whole);
    assertThat(reads)
        .doesNotHaveDuplicates()
        .startsWith(samples(epoch, next, 2, 8).toArray(Long[]::new));
  }

  @Test
  void resumesTwice() {
    Map<String, List<Double>> whole =
        train(new Stream(), args("whole", a -> {}), ResumeFrom.never());
    crashAfter(2, args("crashed", a -> a.dataloaderNumWorkers(2)));
    assertThatThrownBy(
            () ->
                train(
                    new Stream(),
                    args("crashed", a -> a.dataloaderNumWorkers(2)),
                    ResumeFrom.latest(),
                    Crash.after(5)))
        .hasMessageContaining("crash");

    assertThat(train(new Stream(), args("crashed", a -> {}), ResumeFrom.latest())).isEqualTo(whole);
    assertThat(reads.get(0)).isEqualTo(108);
  }

  @Test
  void theBatchSizeMayChange() {
    crashAfter(2, args("crashed", a -> {}));

    train(
        new Stream(),
        args("crashed", a -> a.perDeviceTrainBatchSize(3).gradientAccumulationSteps(1)),
        ResumeFrom.latest());
    assertThat(reads).startsWith(8L, 9L, 10L, 100L, 101L, 102L).doesNotHaveDuplicates();
  }

  @Test
  void aStreamThatNoLongerTellsItsStateIsReadAndDropped() {
    Map<String, List<Double>> whole =
        train(new Stream(), args("whole", a -> {}), ResumeFrom.never());
    crashAfter(5, args("crashed", a -> {}));

    IterableDataset<Map<String, Object>> plain = new Stream()::iterator;
    assertThat(train(plain, args("crashed", a -> {}), ResumeFrom.latest())).isEqualTo(whole);
    assertThat(reads).startsWith(100L);
  }

  @Test
  void aStateThatTheStreamRefusesIsAnErrorThatShowsIt() {
    crashAfter(2, args("crashed", a -> {}));
    ResumableDataset<Map<String, Object>> other =
        new ResumableDataset<>() {
          @Override
          public ResumableIterator<Map<String, Object>> iterator(long epoch) {
            return new Stream().iterator(epoch);
          }

          @Override
          public ResumableIterator<Map<String, Object>> resume(
              long epoch, Map<String, Object> state) {
            throw new IllegalArgumentException("no file part-3");
          }
        };

    assertThatThrownBy(() -> train(other, args("crashed", a -> {}), ResumeFrom.latest()))
        .hasMessageContaining("cannot go on in epoch 0 behind 8 samples")
        .hasMessageContaining("{offset=8}")
        .hasMessageContaining("no file part-3");
  }
}
