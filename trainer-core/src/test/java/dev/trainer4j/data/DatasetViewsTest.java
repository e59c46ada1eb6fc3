// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetViewsTest {

  @TempDir Path folder;

  private final Dataset<Integer> numbers = Datasets.of(IntStream.range(0, 10).boxed().toList());

  private static <T> List<T> all(Dataset<T> data) {
    return LongStream.range(0, data.size()).mapToObj(data::get).toList();
  }

  @Test
  void viewsChangeChooseAndJoin() {
    assertThat(all(numbers.map(i -> i * i))).startsWith(0, 1, 4, 9).hasSize(10);
    assertThat(all(numbers.filter(i -> i % 3 == 0))).containsExactly(0, 3, 6, 9);
    assertThat(all(numbers.select(7, 1, 7))).containsExactly(7, 1, 7);
    assertThat(all(numbers.range(2, 5))).containsExactly(2, 3, 4);
    assertThat(all(numbers.range(8, 10).concat(numbers.range(0, 1)))).containsExactly(8, 9, 0);
    assertThatThrownBy(() -> numbers.select(10)).hasMessageContaining("index 10");
    assertThatThrownBy(() -> numbers.range(5, 11)).hasMessageContaining("range 5 to 11");
  }

  @Test
  void shufflesAndSplitsBySeed() {
    assertThat(all(numbers.shuffle(1)))
        .containsExactlyInAnyOrderElementsOf(all(numbers))
        .isEqualTo(all(numbers.shuffle(1)))
        .isNotEqualTo(all(numbers.shuffle(2)));
    TrainTestSplit<Integer> split = numbers.trainTestSplit(0.25, 1);
    assertThat(split.test().size()).isEqualTo(3);
    assertThat(all(split.train().concat(split.test())))
        .containsExactlyInAnyOrderElementsOf(all(numbers));
    assertThatThrownBy(() -> numbers.trainTestSplit(1, 1)).hasMessageContaining("testSize is 1.0");
    assertThatThrownBy(() -> numbers.trainTestSplit(0.95, 1)).hasMessageContaining("set empty");
  }

  public record Row(String text, int label) {}

  @Test
  void columnsAreKeptRemovedRenamedAndTyped() {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("text", "Oslo");
    row.put("label", 2L);
    row.put("id", 7);
    Dataset<Map<String, Object>> rows = Datasets.of(List.of(row));
    assertThat(rows.map(Columns.keep("label", "text")).get(0).keySet())
        .containsExactly("label", "text");
    assertThat(rows.map(Columns.remove("id")).get(0).keySet()).containsExactly("text", "label");
    assertThat(rows.map(Columns.rename("label", "labels")).get(0).keySet())
        .containsExactly("text", "labels", "id");
    assertThat(rows.map(Columns.as(Row.class)).get(0)).isEqualTo(new Row("Oslo", 2));
    assertThatThrownBy(() -> rows.map(Columns.keep("title")).get(0))
        .hasMessageContaining("no column 'title', but [text, label, id]");
    assertThatThrownBy(() -> rows.map(Columns.rename("id", "text")).get(0))
        .hasMessageContaining("has a column 'text' already");
  }

  private Dataset<Map<String, Object>> cached(
      String version, Path input, AtomicInteger calls, List<Long> progress) {
    return CachedMap.<Integer>builder(folder.resolve("cache"))
        .dependsOn(input)
        .version(version)
        .progress((done, total) -> progress.add(done))
        .map(
            numbers,
            i -> {
              calls.incrementAndGet();
              Map<String, Object> sample = new LinkedHashMap<>();
              sample.put("input_ids", new int[] {i, i + 1});
              sample.put("wide", new long[] {i});
              sample.put("scores", new float[] {i / 2f});
              sample.put("fine", new double[] {i / 3.0});
              sample.put("offset_mapping", new int[][] {{0, i}, {}});
              sample.put("text", "Nº " + i);
              sample.put("label", i);
              sample.put("weight", i * 0.5);
              sample.put("odd", i % 2 == 1);
              return sample;
            });
  }

  @Test
  void aCachedMapIsMadeOnceForTheSameContent() throws IOException {
    Path input = Files.writeString(folder.resolve("input"), "a");
    AtomicInteger calls = new AtomicInteger();
    List<Long> progress = new ArrayList<>();
    Dataset<Map<String, Object>> first = cached("1", input, calls, progress);
    assertThat(first.size()).isEqualTo(10);
    assertThat(first.get(9))
        .containsEntry("input_ids", new int[] {9, 10})
        .containsEntry("wide", new long[] {9})
        .containsEntry("scores", new float[] {4.5f})
        .containsEntry("fine", new double[] {3.0})
        .containsEntry("text", "Nº 9")
        .containsEntry("label", 9)
        .containsEntry("weight", 4.5)
        .containsEntry("odd", true);
    assertThat((int[][]) first.get(9).get("offset_mapping"))
        .isDeepEqualTo(new int[][] {{0, 9}, {}});
    assertThat(progress).containsExactly(10L);
    cached("1", input, calls, progress);
    assertThat(calls).hasValue(10);
    cached("2", input, calls, progress);
    assertThat(calls).hasValue(20);
    Files.writeString(input, "b");
    cached("2", input, calls, progress);
    assertThat(calls).hasValue(30);
  }

  @Test
  void aDamagedCacheIsMadeAgain() throws IOException {
    Path input = Files.writeString(folder.resolve("input"), "a");
    AtomicInteger calls = new AtomicInteger();
    cached("1", input, calls, new ArrayList<>());
    Path file;
    try (Stream<Path> files = Files.list(folder.resolve("cache"))) {
      List<Path> found = files.toList();
      assertThat(found).as("no temporary file is left").hasSize(1);
      file = found.get(0);
    }
    byte[] whole = Files.readAllBytes(file);
    for (int at : new int[] {0, whole.length / 2, whole.length - 20, whole.length - 1}) {
      byte[] damaged = whole.clone();
      damaged[at] ^= 1;
      Files.write(file, damaged);
      int before = calls.get();
      Dataset<Map<String, Object>> again = cached("1", input, calls, new ArrayList<>());
      assertThat(calls).hasValue(before + 10);
      assertThat((int[]) again.get(3).get("input_ids")).containsExactly(3, 4);
    }
    Files.write(file, new byte[5]);
    assertThat(cached("1", input, calls, new ArrayList<>()).size()).isEqualTo(10);
  }

  @Test
  void aSampleThatNoCacheHoldsIsAnError() {
    assertThatThrownBy(
            () ->
                CachedMap.<Integer>builder(folder)
                    .map(numbers, i -> Map.of("when", java.time.LocalDate.EPOCH)))
        .hasMessageContaining("Sample ")
        .hasMessageContaining("'when'")
        .hasMessageContaining("int[][]");
    assertThat(folder).isEmptyDirectory();
  }
}
