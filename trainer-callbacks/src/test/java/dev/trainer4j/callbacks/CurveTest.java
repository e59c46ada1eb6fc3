// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.state.LogEntry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CurveTest {

  private static Curve noise(int size) {
    Random random = new Random(7);
    Curve curve = new Curve("loss");
    for (int i = 0; i < size; i++) {
      curve.add(10L * i, random.nextGaussian());
    }
    return curve;
  }

  @Test
  void keepsAllPointsOfAShortRun() {
    Curve curve = noise(200);

    assertThat(curve.thinned(100)).isSameAs(curve);
  }

  @Test
  void keepsTheSmallestAndTheLargestOfEachBucketAndInventsNothing() {
    Curve curve = noise(100_000);

    Curve thin = curve.thinned(1000);

    assertThat(thin.size()).isBetween(2000, 2002);
    for (int i = 0; i < thin.size(); i++) {
      int original = (int) (thin.step(i) / 10);
      assertThat(thin.value(i)).isEqualTo(curve.value(original));
    }
    for (int bucket = 0; bucket < 1000; bucket++) {
      long from = 1000L * bucket;
      List<Double> kept =
          IntStream.range(0, thin.size())
              .filter(i -> thin.step(i) >= from && thin.step(i) < from + 1000)
              .mapToObj(thin::value)
              .toList();
      double[] all =
          IntStream.range(100 * bucket, 100 * bucket + 100).mapToDouble(curve::value).toArray();
      assertThat(kept)
          .contains(
              IntStream.range(0, 100).mapToDouble(i -> all[i]).min().orElseThrow(),
              IntStream.range(0, 100).mapToDouble(i -> all[i]).max().orElseThrow());
    }
    assertThat(thin.step(0)).isZero();
    assertThat(thin.step(thin.size() - 1)).isEqualTo(999_990);
  }

  @Test
  void neverLosesAValueThatIsNotFinite() {
    Curve curve = new Curve("loss");
    for (int i = 0; i < 10_000; i++) {
      curve.add(i, i == 4321 ? Double.NaN : i == 8000 ? Double.POSITIVE_INFINITY : 1);
    }

    Curve thin = curve.thinned(50);

    assertThat(IntStream.range(0, thin.size()).filter(i -> !thin.isFinite(i)).mapToLong(thin::step))
        .containsExactly(4321L, 8000L);
  }

  @Test
  void dropsWhatARestartFromAnEarlierUpdateMakesObsolete() {
    Curve curve = noise(10);

    curve.add(50, 3);

    assertThat(curve.size()).isEqualTo(6);
    assertThat(curve.value(5)).isEqualTo(3);
  }

  @Test
  void staysSmallInAReportOfAVeryLongRun() {
    List<LogEntry> history = new ArrayList<>();
    Random random = new Random(1);
    for (int step = 1; step <= 100_000; step++) {
      history.add(
          new LogEntry(
              step,
              Map.of(
                  "loss",
                  random.nextDouble(),
                  "grad_norm",
                  random.nextDouble(),
                  "learning_rate",
                  1e-3 / step,
                  "epoch",
                  step / 1000.0)));
    }

    String json =
        new ReportData(CurveGroup.of(history)).toJson(Instant.EPOCH, false, Duration.ofSeconds(10));

    assertThat(json).hasSizeLessThan(200_000);
    assertThat(CurveGroup.of(history))
        .extracting(CurveGroup::title)
        .containsExactlyInAnyOrder("loss", "grad_norm", "learning_rate");
  }
}
