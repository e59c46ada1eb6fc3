// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpServer;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callbacks.CsvCallback;
import dev.trainer4j.callbacks.EmaCallback;
import dev.trainer4j.callbacks.HtmlReportCallback;
import dev.trainer4j.callbacks.JfrCallback;
import dev.trainer4j.callbacks.JsonLinesCallback;
import dev.trainer4j.callbacks.LabelPreviewCallback;
import dev.trainer4j.callbacks.MemoryCallback;
import dev.trainer4j.callbacks.MicrometerCallback;
import dev.trainer4j.callbacks.MlflowCallback;
import dev.trainer4j.callbacks.NaNCallback;
import dev.trainer4j.callbacks.OpenTelemetryCallback;
import dev.trainer4j.callbacks.PlotCallback;
import dev.trainer4j.callbacks.PrinterCallback;
import dev.trainer4j.callbacks.ProgressCallback;
import dev.trainer4j.callbacks.TensorBoardCallback;
import dev.trainer4j.callbacks.ThroughputCallback;
import dev.trainer4j.callbacks.TimeLimitCallback;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The ready-made callbacks as users would have them, by what the table calls them. What they print
 * goes nowhere. A new callback belongs here.
 */
final class MeasuredCallbacks implements AutoCloseable {

  private final HttpServer server;

  MeasuredCallbacks() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    answer("/", "{}");
    answer("/api/2.0/mlflow/experiments/get-by-name", "{\"experiment\":{\"experiment_id\":\"1\"}}");
    answer("/api/2.0/mlflow/runs/create", "{\"run\":{\"info\":{\"run_id\":\"1\"}}}");
    server.start();
  }

  /** Enough of an MLflow server for a callback that wants to talk; its own time is not counted. */
  private void answer(String path, String json) {
    server.createContext(
        path,
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          exchange.sendResponseHeaders(200, json.length());
          exchange.getResponseBody().write(json.getBytes(UTF_8));
          exchange.close();
        });
  }

  Map<String, Supplier<TrainerCallback>> byName() {
    PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), true, UTF_8);
    URI mlflow = URI.create("http://localhost:" + server.getAddress().getPort());
    OpenTelemetry telemetry =
        OpenTelemetrySdk.builder().setTracerProvider(SdkTracerProvider.builder().build()).build();
    Map<String, Supplier<TrainerCallback>> callbacks = new LinkedHashMap<>();
    callbacks.put("TensorBoardCallback", TensorBoardCallback::new);
    callbacks.put("CsvCallback", CsvCallback::new);
    callbacks.put("JsonLinesCallback", JsonLinesCallback::new);
    callbacks.put("HtmlReportCallback", HtmlReportCallback::new);
    callbacks.put(
        "HtmlReportCallback, every second",
        () -> HtmlReportCallback.builder().interval(Duration.ofSeconds(1)).build());
    callbacks.put("PlotCallback", PlotCallback::new);
    callbacks.put("MlflowCallback", () -> MlflowCallback.builder(mlflow).build());
    callbacks.put("MicrometerCallback", () -> new MicrometerCallback(new SimpleMeterRegistry()));
    callbacks.put("OpenTelemetryCallback", () -> new OpenTelemetryCallback(telemetry));
    callbacks.put(
        "ProgressCallback", () -> ProgressCallback.builder().force(true).out(nowhere).build());
    callbacks.put("PrinterCallback", () -> new PrinterCallback(nowhere));
    callbacks.put("ThroughputCallback", () -> ThroughputCallback.builder().peakFlops(1e11).build());
    callbacks.put("MemoryCallback", MemoryCallback::new);
    callbacks.put("JfrCallback", JfrCallback::new);
    callbacks.put("NaNCallback", NaNCallback::new);
    callbacks.put("TimeLimitCallback", () -> new TimeLimitCallback(Duration.ofDays(1)));
    callbacks.put("EmaCallback", () -> new EmaCallback(0.999));
    callbacks.put(
        "LabelPreviewCallback",
        () -> new LabelPreviewCallback(2, ids -> ids.length + " tokens", nowhere));
    return callbacks;
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
