// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares every schedule with the learning rates that the reference implementation gave. */
@Tag("parity")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ScheduleParityTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @ParameterizedTest
  @MethodSource
  void equalsTheGoldenLearningRates(JsonNode golden) {
    check(golden);
  }

  List<JsonNode> equalsTheGoldenLearningRates() throws IOException {
    String folder = System.getProperty("parity.dir");
    return cases(
        folder == null
            ? resource("/parity/schedules.json")
            : Files.newInputStream(Path.of(folder, "schedules.json")));
  }

  @ParameterizedTest
  @MethodSource
  void equalsTheReferenceInRareCases(JsonNode golden) {
    check(golden);
  }

  List<JsonNode> equalsTheReferenceInRareCases() throws IOException {
    return cases(resource("/parity/schedules_more.json"));
  }

  private static void check(JsonNode golden) {
    List<Double> expected = new ArrayList<>();
    golden.get("lr").forEach(rate -> expected.add(rate.doubleValue()));
    List<Double> rates = golden.has("metric") ? afterMetrics(golden) : beforeUpdates(golden);
    assertThat(rates).hasSameSizeAs(expected);
    for (int i = 0; i < rates.size(); i++) {
      double tolerance = 1e-6 * Math.abs(expected.get(i)) + 1e-15;
      assertThat(rates.get(i)).as("rate %d", i).isCloseTo(expected.get(i), within(tolerance));
    }
  }

  private static List<Double> beforeUpdates(JsonNode golden) {
    int warmup = golden.get("num_warmup_steps").intValue();
    int total = golden.get("num_training_steps").intValue();
    LearningRateScheduler scheduler = create(golden, warmup, total);
    List<Double> rates = new ArrayList<>();
    for (int step = 0; step < golden.get("lr").size(); step++) {
      rates.add(base(golden) * scheduler.factor(step));
    }
    return rates;
  }

  private static List<Double> afterMetrics(JsonNode golden) {
    LearningRateScheduler scheduler = create(golden, 0, 1);
    assertThat(scheduler.isMetricDriven()).isTrue();
    List<Double> rates = new ArrayList<>();
    for (JsonNode metric : golden.get("metric")) {
      scheduler.onMetric(metric.doubleValue());
      rates.add(base(golden) * scheduler.factor(rates.size()));
    }
    return rates;
  }

  private static LearningRateScheduler create(JsonNode golden, int warmup, int total) {
    Map<String, Object> kwargs =
        JSON.convertValue(golden.get("kwargs"), new TypeReference<Map<String, Object>>() {});
    return LearningRateSchedulers.create(
        golden.get("name").textValue(),
        kwargs,
        new ScheduleContext(base(golden), warmup, total, false));
  }

  private static double base(JsonNode golden) {
    return golden.get("base_lr").doubleValue();
  }

  private static List<JsonNode> cases(InputStream source) throws IOException {
    try (source) {
      JsonNode tree = JSON.readTree(source);
      JsonNode cases = tree.isArray() ? tree : tree.get("cases");
      return StreamSupport.stream(cases.spliterator(), false).toList();
    }
  }

  private static InputStream resource(String name) {
    return Objects.requireNonNull(ScheduleParityTest.class.getResourceAsStream(name), name);
  }
}
