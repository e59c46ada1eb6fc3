// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
class DataLoaderTest {

  private final NDManager parent = NDManager.newBaseManager("PyTorch");
  private final Queue<NDManager> managers = new ConcurrentLinkedQueue<>();

  /** Keeps each manager, to see afterwards that it was closed. */
  private final DataCollator<Object> collator =
      (samples, manager) -> {
        managers.add(manager);
        long[] values =
            samples.stream().mapToLong(sample -> ((Number) sample).longValue()).toArray();
        return ModelInputs.of("x", manager.create(values));
      };

  @AfterEach
  void ownsNothingAndLeavesNoThreads() {
    assertThat(managers).noneMatch(NDManager::isOpen);
    assertThat(parent.getManagedArrays()).isEmpty();
    assertThat(workerThreads()).isEmpty();
    parent.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  void keepsTheOrderWhateverTheWorkers(int workers) {
    Dataset<Integer> slowAtFirst =
        numbers(
            50,
            index -> {
              if (index % 7 == 0) {
                sleep(5);
              }
            });
    DataLoader loader = DataLoader.of(slowAtFirst, collator, options(4, workers).build());
    assertThat(loader.sampleCount()).hasValue(50);
    assertThat(loader.batchesPerEpoch()).hasValue(13);
    assertThat(loader.batchSize()).isEqualTo(4);
    List<List<Long>> batches = drain(loader, 0, 0);
    assertThat(batches).hasSize(13);
    assertThat(flat(batches)).isEqualTo(range(0, 50));
    assertThat(batches.get(12)).containsExactly(48L, 49L);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2})
  void startsAnywhereInsideAnEpoch(int workers) {
    AtomicInteger reads = new AtomicInteger();
    Dataset<Integer> dataset = numbers(20, index -> reads.incrementAndGet());
    DataLoader loader = DataLoader.of(dataset, collator, options(4, workers).build());
    assertThat(flat(drain(loader, 0, 7))).isEqualTo(range(7, 20));
    assertThat(reads).hasValue(13);
    assertThat(drain(loader, 0, 20)).isEmpty();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> loader.iterate(parent, 0, 21))
        .withMessageContainingAll("firstSample is 21", "20 samples");
    assertThatIllegalArgumentException().isThrownBy(() -> loader.iterate(parent, 0, -1));
  }

  @Test
  void resumesAShuffledEpochWhereItStopped() {
    DataLoaderOptions options =
        options(3, 2).order((size, epoch) -> SampleOrder.shuffled(size, 42, epoch)).build();
    DataLoader loader = DataLoader.of(numbers(31), collator, options);
    List<Long> whole = flat(drain(loader, 5, 0));
    assertThat(whole).containsExactlyInAnyOrderElementsOf(range(0, 31)).isNotEqualTo(range(0, 31));
    assertThat(flat(drain(loader, 5, 10))).isEqualTo(whole.subList(10, 31));
    assertThat(flat(drain(loader, 6, 0))).isNotEqualTo(whole);
  }

  @Test
  void anOrderMayTakeAPartOfTheDataset() {
    SampleOrder.Factory oddOnes =
        (size, epoch) ->
            new SampleOrder() {
              @Override
              public long size() {
                return size / 2;
              }

              @Override
              public long indexAt(long position) {
                return 2 * position + 1;
              }
            };
    DataLoader loader = DataLoader.of(numbers(9), collator, options(3, 0).order(oddOnes).build());
    assertThat(loader.sampleCount()).hasValue(4);
    assertThat(drain(loader, 0, 0)).containsExactly(List.of(1L, 3L, 5L), List.of(7L));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2})
  void dropsALastBatchThatIsNotFull(int workers) {
    DataLoaderOptions options = options(4, workers).dropLast(true).build();
    DataLoader loader = DataLoader.of(numbers(11), collator, options);
    assertThat(loader.batchesPerEpoch()).hasValue(2);
    assertThat(flat(drain(loader, 0, 0))).isEqualTo(range(0, 8));
    assertThat(flat(drain(loader, 0, 1))).isEqualTo(range(1, 9));
    assertThat(flat(drain(DataLoader.of(stream(11), collator, options), 0, 0)))
        .isEqualTo(range(0, 8));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  void streamsInOrder(int workers) {
    AtomicInteger closed = new AtomicInteger();
    DataLoader loader =
        DataLoader.of(
            (IterableDataset<Integer>) epoch -> new CountingIterator(20, closed),
            collator,
            options(3, workers).build());
    assertThat(loader.sampleCount()).isEmpty();
    assertThat(loader.batchesPerEpoch()).isEmpty();
    assertThat(flat(drain(loader, 0, 0))).isEqualTo(range(0, 20));
    assertThat(flat(drain(loader, 0, 5))).isEqualTo(range(5, 20));
    assertThat(drain(loader, 0, 50)).isEmpty();
    assertThat(closed).hasValue(3);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  void closingMidwayFreesWhatWasMadeAhead(int workers) {
    for (int taken = 0; taken < 4; taken++) {
      DataLoader loader = DataLoader.of(numbers(1000), collator, options(2, workers).build());
      BatchIterator iterator = loader.iterate(parent, 0, 0);
      for (int i = 0; i < taken; i++) {
        iterator.next().close();
      }
      if (taken == 3) {
        assertThat(iterator.hasNext()).isTrue();
      }
      iterator.close();
      iterator.close();
      assertThat(iterator.hasNext()).isFalse();
      assertThatThrownBy(iterator::next).isInstanceOf(NoSuchElementException.class);
      ownsNoOpenBatch();
    }
  }

  @Test
  void closingInterruptsWorkersThatWait() throws Exception {
    CountDownLatch started = new CountDownLatch(2);
    Dataset<Integer> stuck =
        numbers(
            100,
            index -> {
              started.countDown();
              sleep(600_000);
            });
    try (BatchIterator iterator =
        DataLoader.of(stuck, collator, options(4, 2).build()).iterate(parent, 0, 0)) {
      assertThat(iterator).isNotNull();
      started.await();
    }
  }

  @Test
  void aWorkerThatFinishesAfterClosingFreesItsBatch() throws Exception {
    CountDownLatch collating = new CountDownLatch(1);
    DataCollator<Object> slow =
        (samples, manager) -> {
          ModelInputs inputs = collator.collate(samples, manager);
          collating.countDown();
          spin(300);
          return inputs;
        };
    BatchIterator iterator =
        DataLoader.of(numbers(100), slow, options(4, 1).build()).iterate(parent, 0, 0);
    collating.await();
    iterator.close();
    assertThat(managers).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  void aSampleThatCannotBeReadFailsInItsPlace(int workers) {
    IllegalStateException original = new IllegalStateException("disk on fire");
    Dataset<Integer> dataset =
        numbers(
            20,
            index -> {
              if (index == 9) {
                throw original;
              }
            });
    DataLoader loader = DataLoader.of(dataset, collator, options(4, workers).build());
    assertFailsAtTheThirdBatch(loader, original, "Sample 9", "position 9", "disk on fire");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  void aCollatorThatFailsNamesTheSamples(int workers) {
    IllegalArgumentException original = new IllegalArgumentException("ragged");
    DataCollator<Object> picky =
        (samples, manager) -> {
          ModelInputs inputs = collator.collate(samples, manager);
          if (samples.contains(10)) {
            throw original;
          }
          return inputs;
        };
    DataLoader loader = DataLoader.of(numbers(20), picky, options(4, workers).build());
    assertFailsAtTheThirdBatch(loader, original, "samples 8, 9, 10, 11", "ragged");
    DataLoader streaming = DataLoader.of(stream(20), picky, options(4, workers).build());
    assertFailsAtTheThirdBatch(streaming, original, "number 8", "ragged");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  void aStreamThatFailsNamesThePosition(int workers) {
    IllegalStateException original = new IllegalStateException("line 10 is broken");
    IterableDataset<Integer> broken =
        epoch ->
            IntStream.range(0, 20)
                .map(
                    i -> {
                      if (i == 9) {
                        throw original;
                      }
                      return i;
                    })
                .iterator();
    DataLoader loader = DataLoader.of(broken, collator, options(4, workers).build());
    assertFailsAtTheThirdBatch(loader, original, "Sample 9 of the stream", "line 10");
  }

  private void assertFailsAtTheThirdBatch(
      DataLoader loader, Exception original, String... messageParts) {
    try (BatchIterator iterator = loader.iterate(parent, 0, 0)) {
      iterator.next().close();
      iterator.next().close();
      assertThat(iterator.hasNext()).isTrue();
      assertThatThrownBy(iterator::next)
          .isInstanceOf(DataException.class)
          .hasMessageContainingAll(messageParts)
          .cause()
          .isSameAs(original);
      assertThat(iterator.hasNext()).isFalse();
    }
    ownsNoOpenBatch();
  }

  @Test
  void anErrorIsNotWrapped() {
    DataCollator<Object> broken =
        (samples, manager) -> {
          managers.add(manager);
          throw new AssertionError("mine");
        };
    try (BatchIterator iterator =
        DataLoader.of(numbers(9), broken, options(4, 2).build()).iterate(parent, 0, 0)) {
      assertThatThrownBy(iterator::next).isInstanceOf(AssertionError.class).hasMessage("mine");
    }
  }

  @Test
  void anInterruptedCallerStopsWaitingAndLosesNothing() {
    CountDownLatch release = new CountDownLatch(1);
    Dataset<Integer> blocked =
        numbers(
            8,
            index -> {
              try {
                release.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    try (BatchIterator iterator =
        DataLoader.of(blocked, collator, options(4, 1).build()).iterate(parent, 0, 0)) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(iterator::hasNext)
          .isInstanceOf(DataException.class)
          .hasMessageContaining("Interrupted");
      assertThat(Thread.interrupted()).isTrue();
      release.countDown();
      try (Batch batch = iterator.next()) {
        assertThat(batch.inputs().get("x").toLongArray()).containsExactly(0, 1, 2, 3);
      }
    }
  }

  @Test
  void workersAreNamedDaemonsAndDoNotRunTooFarAhead() {
    AtomicInteger reads = new AtomicInteger();
    Queue<Thread> threads = new ConcurrentLinkedQueue<>();
    Dataset<Integer> dataset =
        numbers(
            1000,
            index -> {
              reads.incrementAndGet();
              threads.add(Thread.currentThread());
            });
    DataLoaderOptions options = options(5, 2).prefetchFactor(3).build();
    try (BatchIterator iterator = DataLoader.of(dataset, collator, options).iterate(parent, 0, 0)) {
      iterator.next().close();
      sleep(100);
      assertThat(reads.get()).isLessThanOrEqualTo(7 * 5);
      assertThat(threads)
          .allMatch(thread -> thread.isDaemon() && thread.getName().matches("trainer4j-data-[01]"));
    }
  }

  @Test
  void rejectsImpossibleOptions() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> options(0, 0).build())
        .withMessageContaining("batchSize is 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> options(1, -1).build())
        .withMessageContaining("workers is -1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> options(1, 1).prefetchFactor(0).build())
        .withMessageContaining("prefetchFactor is 0");
  }

  private List<List<Long>> drain(DataLoader loader, long epoch, long firstSample) {
    List<List<Long>> batches = new ArrayList<>();
    try (BatchIterator iterator = loader.iterate(parent, epoch, firstSample)) {
      while (iterator.hasNext()) {
        try (Batch batch = iterator.next()) {
          long[] values = batch.inputs().get("x").toLongArray();
          assertThat(batch.sampleCount()).isEqualTo(values.length);
          assertThat(batch.manager().isOpen()).isTrue();
          batches.add(LongStream.of(values).boxed().toList());
        }
      }
    }
    return batches;
  }

  private void ownsNoOpenBatch() {
    assertThat(managers).noneMatch(NDManager::isOpen);
    assertThat(workerThreads()).isEmpty();
  }

  private static List<Thread> workerThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("trainer4j-data-") && thread.isAlive())
        .toList();
  }

  private static DataLoaderOptions.Builder options(int batchSize, int workers) {
    return DataLoaderOptions.builder().batchSize(batchSize).workers(workers);
  }

  private static List<Long> flat(List<List<Long>> batches) {
    return batches.stream().flatMap(List::stream).toList();
  }

  private static List<Long> range(long from, long to) {
    return LongStream.range(from, to).boxed().toList();
  }

  private static Dataset<Integer> numbers(int size) {
    return numbers(size, index -> {});
  }

  private static Dataset<Integer> numbers(int size, LongConsumer onGet) {
    return new Dataset<>() {
      @Override
      public long size() {
        return size;
      }

      @Override
      public Integer get(long index) {
        onGet.accept(index);
        return (int) index;
      }
    };
  }

  private static IterableDataset<Integer> stream(int size) {
    return epoch -> IntStream.range(0, size).iterator();
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Works for a while, whatever interrupts. */
  private static void spin(long millis) {
    long end = System.nanoTime() + Duration.ofMillis(millis).toNanos();
    while (System.nanoTime() < end) {
      Thread.onSpinWait();
    }
  }

  private static final class CountingIterator implements Iterator<Integer>, AutoCloseable {

    private final int size;
    private final AtomicInteger closed;
    private int next;

    CountingIterator(int size, AtomicInteger closed) {
      this.size = size;
      this.closed = closed;
    }

    @Override
    public boolean hasNext() {
      return next < size;
    }

    @Override
    public Integer next() {
      return next++;
    }

    @Override
    public void close() {
      closed.incrementAndGet();
    }
  }
}
