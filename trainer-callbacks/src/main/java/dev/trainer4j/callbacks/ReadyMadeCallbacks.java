// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackProvider;
import dev.trainer4j.callback.TrainerCallback;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** The callbacks of this module by the names that the argument {@code reportTo} takes. */
public final class ReadyMadeCallbacks implements CallbackProvider {

  private static final OptionalLibrary MICROMETER =
      new OptionalLibrary(
          "io.micrometer:micrometer-core:1.15.5", "io.micrometer.core.instrument.Metrics");

  private static final OptionalLibrary OPENTELEMETRY =
      new OptionalLibrary(
          "io.opentelemetry:opentelemetry-api:1.62.0", "io.opentelemetry.api.GlobalOpenTelemetry");

  // No class of an optional library here: the verifier would load it with this class.
  private static final Map<String, ReadyMade> BY_NAME =
      table(
          ReadyMade.of("tensorboard", args -> new TensorBoardCallback()),
          ReadyMade.of("csv", args -> new CsvCallback()),
          ReadyMade.of("jsonl", args -> new JsonLinesCallback()),
          ReadyMade.of("html", args -> new HtmlReportCallback()),
          ReadyMade.of("plot", args -> new PlotCallback()).needs(PlotCallback.XCHART),
          ReadyMade.of("mlflow", args -> mlflow(args)).needsVariable("MLFLOW_TRACKING_URI"),
          ReadyMade.of("micrometer", args -> MicrometerCallback.global()).needs(MICROMETER),
          ReadyMade.of("opentelemetry", args -> OpenTelemetryCallback.global())
              .needs(OPENTELEMETRY));

  private static TrainerCallback mlflow(TrainingArguments args) {
    MlflowCallback.Builder builder = MlflowCallback.fromEnvironment();
    args.runName().ifPresent(builder::runName);
    return builder.build();
  }

  /** For {@link java.util.ServiceLoader}. */
  public ReadyMadeCallbacks() {}

  @Override
  public List<String> names() {
    return List.copyOf(BY_NAME.keySet());
  }

  @Override
  public Optional<String> missing(String name) {
    return find(name).missing();
  }

  @Override
  public TrainerCallback create(String name, TrainingArguments args) {
    return find(name).make().apply(args);
  }

  private static ReadyMade find(String name) {
    return Objects.requireNonNull(BY_NAME.get(name), name);
  }

  private static Map<String, ReadyMade> table(ReadyMade... rows) {
    Map<String, ReadyMade> table = new LinkedHashMap<>();
    Arrays.stream(rows).forEach(row -> table.put(row.name(), row));
    return Collections.unmodifiableMap(table);
  }
}
