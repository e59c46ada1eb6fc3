// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.nn.core.Linear;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TabularFeaturesTest {

  private static final String CSV =
      "age,income,country,note,churn\n30,1000,no,x,yes\n40,3000,de,,no\n59,2000,no,y,yes\n";

  @TempDir Path folder;

  private Dataset<Map<String, Object>> rows() throws IOException {
    Path file = folder.resolve("rows.csv");
    Files.writeString(file, CSV);
    return Datasets.csv(file, CsvSchema.builder().integers("age").decimals("income").build());
  }

  private TabularFeatures fitted() throws IOException {
    return TabularFeatures.builder()
        .numbers("age", "income")
        .oneHot("country")
        .categorical("note")
        .label("churn")
        .fit(rows());
  }

  @Test
  void aSchemaMakesNumbersOfTextAndLeavesTheRest() throws IOException {
    Map<String, Object> row = rows().get(0);
    assertThat(row)
        .containsEntry("age", 30L)
        .containsEntry("income", 1000.0)
        .containsEntry("note", "x");
    Path file = folder.resolve("flags.csv");
    Files.writeString(file, "a,b\nTrue, \n0,3\n");
    Dataset<Map<String, Object>> flags =
        Datasets.csv(file, CsvSchema.builder().booleans("a").integers("b").build());
    assertThat(flags.get(0)).containsEntry("a", true).containsEntry("b", null);
    assertThat(flags.get(1)).containsEntry("a", false).containsEntry("b", 3L);
  }

  @Test
  void aCellThatIsNoNumberIsNamedWithLineColumnAndText() throws IOException {
    Path file = folder.resolve("bad.csv");
    Files.writeString(file, "age\n3\n4,5\n".replace("4,5", "4.5"));
    assertThatThrownBy(() -> Datasets.csv(file, CsvSchema.builder().integers("age").build()))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith(file + ", line 3: column 'age' has '4.5', expected a whole number");
    assertThatThrownBy(() -> Datasets.csv(file, CsvSchema.builder().decimals("size").build()))
        .hasMessageContaining("'size'")
        .hasMessageContaining("[age]");
  }

  /** The scales are those of scikit-learn's StandardScaler. */
  @Test
  void numbersAreScaledAndCategoriesHaveCodes() throws IOException {
    TabularFeatures features = fitted();
    assertThat(features.size()).isEqualTo(4);
    assertThat(features.labels()).containsExactly("no", "yes");
    assertThat(features.categoryCount("note")).isEqualTo(4);
    double[][] scaled = {
      {-1.0808342911737019, -1.2247448713915892, 0, 1},
      {-0.24942329796316198, 1.2247448713915892, 1, 0},
      {1.330257589136864, 0, 0, 1}
    };
    long[] labels = {1, 0, 1};
    long[] notes = {2, 1, 3}; // Sorted: nothing, x, y; 0 is what was never seen.
    for (int i = 0; i < 3; i++) {
      Map<String, Object> sample = features.apply(rows().get(i));
      float[] inputs = (float[]) sample.get("features");
      for (int column = 0; column < inputs.length; column++) {
        assertThat((double) inputs[column]).isEqualTo(scaled[i][column], within(1e-6));
      }
      assertThat((long[]) sample.get("categories")).containsExactly(notes[i]);
      assertThat(sample).containsEntry("labels", labels[i]);
    }
  }

  @Test
  void aRowOfAServiceHasNoLabelAndMayHaveNewCategories() throws IOException {
    Map<String, Object> sample =
        fitted().apply(Map.of("age", "43", "income", 2000, "country", "xx", "note", "zz"));
    assertThat(sample).containsOnlyKeys("features", "categories");
    assertThat((float[]) sample.get("features"))
        .containsExactly(new float[] {0, 0, 0, 0}, within(1e-6f));
    assertThat((long[]) sample.get("categories")).containsExactly(0);
  }

  @Test
  void mistakesNameTheRowTheColumnAndTheValue() throws IOException {
    TabularFeatures features = fitted();
    Map<String, Object> row = new LinkedHashMap<>(rows().get(0));
    row.put("age", "many");
    assertThatThrownBy(() -> features.apply(row)).hasMessageContaining("column 'age' has 'many'");
    row.put("age", null);
    assertThatThrownBy(() -> features.apply(row)).hasMessageContaining("imputeMean()");
    assertThatThrownBy(
            () -> TabularFeatures.builder().numbers("age").fit(Datasets.of(List.of(row))))
        .hasMessageContaining("row 0")
        .hasMessageContaining("'age'");
    row.put("age", 3);
    row.put("churn", "perhaps");
    assertThatThrownBy(() -> features.apply(row))
        .hasMessageContaining("'perhaps'")
        .hasMessageContaining("[no, yes]");
    assertThatThrownBy(() -> TabularFeatures.builder().numbers("a").oneHot("a"))
        .hasMessageContaining("'a' is given twice");
    assertThatThrownBy(() -> TabularFeatures.builder().label("churn").fit(rows()))
        .hasMessageContaining("no column of features");
  }

  @Test
  void theMeanStandsInForAMissingNumberWhereAsked() {
    List<Map<String, String>> rows = List.of(Map.of("x", "1"), Map.of("x", ""), Map.of("x", "3"));
    TabularFeatures features =
        TabularFeatures.builder().numbers("x").imputeMean().fit(Datasets.of(rows));
    assertThat((float[]) features.apply(rows.get(1)).get("features")).containsExactly(0f);
    assertThat((float[]) features.apply(rows.get(0)).get("features")).containsExactly(-1f);
  }

  @Test
  void whatWasLearnedIsSavedWithTheModelAndReadAgain() throws IOException {
    TabularFeatures features = fitted();
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(folder.resolve("out"))
            .maxSteps(1)
            .useCpu(true)
            .build();
    Dataset<Map<String, Object>> samples =
        rows()
            .map(features)
            .map(
                sample ->
                    Map.of("features", sample.get("features"), "labels", sample.get("labels")));
    try (Trainer trainer =
        Trainer.builder(Linear.builder().setUnits(2).build(), args)
            .trainDataset(samples)
            .processingClass(features)
            .build()) {
      trainer.train();
      trainer.saveModel(folder.resolve("saved"));
    }
    TabularFeatures again = TabularFeatures.load(folder.resolve("saved"));
    for (int i = 0; i < 3; i++) {
      Map<String, Object> row = rows().get(i);
      assertThat(again.apply(row)).usingRecursiveComparison().isEqualTo(features.apply(row));
    }
    assertThat(again.labels()).isEqualTo(features.labels());
  }

  @Test
  void aFileThatIsMissingOrOfAnotherShapeIsNamed() throws IOException {
    assertThatThrownBy(() -> TabularFeatures.load(folder))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining(TabularFeatures.FILE_NAME)
        .hasMessageContaining("processingClass");
    for (String text : List.of("{}", "null", "[]", "{\"scales\": {\"a\": 3}}", "no JSON")) {
      Files.writeString(folder.resolve(TabularFeatures.FILE_NAME), text);
      assertThatThrownBy(() -> TabularFeatures.load(folder))
          .as(text)
          .isInstanceOf(DataException.class)
          .hasMessageContaining(TabularFeatures.FILE_NAME);
    }
  }
}
