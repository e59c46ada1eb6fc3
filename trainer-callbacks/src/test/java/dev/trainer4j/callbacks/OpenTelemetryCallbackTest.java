// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.callbacks.FaultInjectionCallback.Event;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpenTelemetryCallbackTest {

  private final Path dir;
  private final List<SpanData> spans = new CopyOnWriteArrayList<>();
  private final List<MetricData> metrics = new CopyOnWriteArrayList<>();

  OpenTelemetryCallbackTest(@TempDir Path dir) {
    this.dir = dir;
  }

  /** Keeps what the real SDK exports. */
  private final class Spans implements SpanExporter {
    @Override
    public CompletableResultCode export(Collection<SpanData> batch) {
      spans.addAll(batch);
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode flush() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
      return CompletableResultCode.ofSuccess();
    }
  }

  private final class Values implements MetricExporter {
    @Override
    public CompletableResultCode export(Collection<MetricData> batch) {
      metrics.clear();
      metrics.addAll(batch);
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public AggregationTemporality getAggregationTemporality(InstrumentType type) {
      return AggregationTemporality.CUMULATIVE;
    }

    @Override
    public CompletableResultCode flush() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
      return CompletableResultCode.ofSuccess();
    }
  }

  private OpenTelemetrySdk sdk() {
    return OpenTelemetrySdk.builder()
        .setTracerProvider(
            SdkTracerProvider.builder()
                .addSpanProcessor(SimpleSpanProcessor.create(new Spans()))
                .build())
        .setMeterProvider(
            SdkMeterProvider.builder()
                .registerMetricReader(PeriodicMetricReader.create(new Values()))
                .build())
        .build();
  }

  private void run(FaultInjectionCallback... faults) throws IOException {
    try (OpenTelemetrySdk sdk = sdk();
        GoldenTask task = new GoldenTask()) {
      Trainer.Builder builder =
          task.trainer(
                  GoldenTask.args(dir)
                      .numTrainEpochs(2)
                      .evalStrategy(IntervalStrategy.EPOCH)
                      .saveStrategy(IntervalStrategy.EPOCH)
                      .build())
              .callback(new OpenTelemetryCallback(sdk));
      for (FaultInjectionCallback fault : faults) {
        builder.callback(fault);
      }
      try (Trainer trainer = builder.build()) {
        trainer.train();
      }
    }
  }

  private List<SpanData> named(String name) {
    return spans.stream().filter(span -> span.getName().equals(name)).toList();
  }

  @Test
  void tracesRunEpochsEvaluationsAndCheckpoints() throws IOException {
    run();

    SpanData train = named("train").get(0);
    assertThat(train.getStatus()).isEqualTo(StatusData.unset());
    assertThat(named("epoch"))
        .hasSize(2)
        .allMatch(s -> s.getParentSpanId().equals(train.getSpanId()));
    assertThat(named("evaluate"))
        .hasSize(2)
        .allMatch(
            span ->
                named("epoch").stream().anyMatch(e -> e.getSpanId().equals(span.getParentSpanId())))
        .allMatch(span -> span.getEndEpochNanos() > span.getStartEpochNanos());
    assertThat(named("epoch").get(1).getEvents())
        .singleElement()
        .satisfies(event -> assertThat(event.getName()).isEqualTo("save"));
    assertThat(metrics)
        .anySatisfy(
            metric -> {
              assertThat(metric.getName()).isEqualTo("trainer4j.samples");
              assertThat(metric.getLongSumData().getPoints())
                  .singleElement()
                  .satisfies(point -> assertThat(point.getValue()).isEqualTo(2 * samples()));
            })
        .anyMatch(metric -> metric.getName().equals("trainer4j.eval_accuracy"));
  }

  private long samples() throws IOException {
    try (GoldenTask task = new GoldenTask()) {
      return task.data("train").size();
    }
  }

  @Test
  void aRunThatFailsIsAnErrorInTheTrace() {
    assertThatThrownBy(
        () ->
            run(
                FaultInjectionCallback.at(2, Event.STEP_END)
                    .fail(() -> new IllegalStateException("injected"))));

    assertThat(named("train").get(0).getStatus()).isEqualTo(StatusData.error());
    assertThat(named("epoch")).hasSize(1);
  }
}
