// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.NanPolicy;
import dev.trainer4j.args.TrainingArguments;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NaNCallbackTest {

  private final Path dir;

  NaNCallbackTest(@TempDir Path dir) {
    this.dir = dir;
  }

  private final List<NaNCallback.Report> reports = new ArrayList<>();

  private long run(NanPolicy policy, NaNCallback callback, FaultInjectionCallback... faults)
      throws IOException {
    TrainingArguments args =
        GoldenTask.args(dir).maxSteps(5).gradientAccumulationSteps(2).nanPolicy(policy).build();
    try (GoldenTask task = new GoldenTask()) {
      Trainer.Builder builder = task.trainer(args).callback(callback);
      for (FaultInjectionCallback fault : faults) {
        builder.callback(fault);
      }
      try (Trainer trainer = builder.build()) {
        return trainer.train().globalStep();
      }
    }
  }

  @Test
  void namesTheParameterWhoseGradientIsNotFiniteAndTheBatchesOfTheUpdate() throws IOException {
    run(
        NanPolicy.SKIP,
        new NaNCallback(3, reports::add),
        FaultInjectionCallback.nanGradient(3, "fc2.bias"));

    assertThat(reports).hasSize(1);
    NaNCallback.Report report = reports.get(0);
    assertThat(report.update()).isEqualTo(3);
    assertThat(report.firstUpdate()).isEqualTo(3);
    assertThat(report.losses()).hasSize(2).allMatch(Double::isFinite);
    assertThat(report.gradientNorm()).isNaN();
    assertThat(report.arrays())
        .singleElement()
        .satisfies(
            bad -> {
              assertThat(bad.name()).isEqualTo("fc2.bias");
              assertThat(bad.isGradient()).isTrue();
              assertThat(bad.nans()).isEqualTo(bad.size());
              assertThat(bad.infinities()).isZero();
            });
    assertThat(report.batches()).hasSize(2).allMatch(batch -> batch.contains("x(8,"));
    assertThat(report.toString())
        .contains("gradient of fc2.bias")
        .contains("micro batch 2: {")
        .contains("labels(8) int64");
  }

  @Test
  void reportsBeforeTheRunFails() {
    assertThatThrownBy(
            () ->
                run(
                    NanPolicy.FAIL,
                    new NaNCallback(3, reports::add),
                    FaultInjectionCallback.nanInput(2, "x")))
        .hasMessageContaining("update 2")
        .hasMessageContaining("loss of micro batch 1 is NaN");

    assertThat(reports).singleElement().satisfies(r -> assertThat(r.losses().get(0)).isNaN());
    assertThat(reports.get(0).arrays()).allMatch(NaNCallback.BadArray::isGradient).isNotEmpty();
  }

  @Test
  void aSkippedUpdateLeavesNothingBehind() throws IOException {
    assertThat(
            run(
                NanPolicy.SKIP,
                new NaNCallback(3, reports::add),
                FaultInjectionCallback.nanGradient(3, "fc1.weight")))
        .isEqualTo(5);

    // The updates behind it were finite: gradients that are NaN had been zeroed.
    assertThat(reports).extracting(NaNCallback.Report::update).containsExactly(3L);
  }

  @Test
  void failsWhenMoreThanMaxInARowAreNotFinite() {
    assertThatThrownBy(
            () ->
                run(
                    NanPolicy.CONTINUE,
                    new NaNCallback(2, reports::add),
                    FaultInjectionCallback.nanGradient(2, "fc1.weight")))
        .rootCause()
        .hasMessageContaining("3 updates in a row")
        .hasMessageContaining("maxInARow is 2");

    assertThat(reports)
        .extracting(NaNCallback.Report::update, NaNCallback.Report::inARow)
        .containsExactly(
            org.assertj.core.api.Assertions.tuple(2L, 1),
            org.assertj.core.api.Assertions.tuple(3L, 2),
            org.assertj.core.api.Assertions.tuple(4L, 3));
    assertThat(reports.get(1).arrays()).anyMatch(bad -> !bad.isGradient());
    assertThat(reports.get(1).firstUpdate()).isEqualTo(2);
  }

  @Test
  void refusesToBearNone() {
    assertThatThrownBy(() -> new NaNCallback(0)).hasMessageContaining("maxInARow");
  }
}
