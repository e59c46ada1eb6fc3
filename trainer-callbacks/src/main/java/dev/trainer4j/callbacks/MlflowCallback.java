// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.StatefulCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.CallbackState;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs a run to an MLflow tracking server, through its REST API.
 *
 * <p>The arguments become parameters, each logged value a metric with its step. The run ends as
 * FINISHED, as FAILED if training throws, as KILLED if it is interrupted before its end (by {@code
 * requestStop()}, {@code requestInterruption()}, {@code maxTrainTime} or a signal) or the JVM is told
 * to end meanwhile. Its id is
 * saved in checkpoints: a resumed run goes on with the same one, and does not send again what the
 * server has. An evaluation after the training goes to the same run.
 *
 * <p>A thread of its own does the talking, so training does not wait for the server. What cannot be
 * delivered, after three tries, is kept, up to 100,000 values, and sent with the next; a warning says
 * so once. {@link Builder#failOnError} makes it end the run instead. At the end it waits up to {@link
 * Builder#closeTimeout}.
 *
 * <p>{@code reportTo} knows it as {@code mlflow}, with the environment variables of MLflow's own
 * clients: {@code MLFLOW_TRACKING_URI}, {@code MLFLOW_EXPERIMENT_NAME}, {@code MLFLOW_RUN_ID}, and
 * {@code MLFLOW_TRACKING_TOKEN} or {@code MLFLOW_TRACKING_USERNAME} and {@code
 * MLFLOW_TRACKING_PASSWORD}. Files are not uploaded.
 */
public final class MlflowCallback implements StatefulCallback {

  private static final Logger LOGGER = LoggerFactory.getLogger(MlflowCallback.class);
  private static final String RUN_ID = "run_id";

  /** How long a checkpoint waits for a server that is slow to begin the run. */
  private static final Duration ID_TIMEOUT = Duration.ofSeconds(10);

  private final URI trackingUri;
  private final String experiment;
  private final @Nullable String runName;
  private final @Nullable String givenRunId;
  private final @Nullable String authorization;
  private final Map<String, String> tags;
  private final boolean failOnError;
  private final Duration closeTimeout;
  private final Duration retryPause;

  // The shutdown hook ends the run in a thread of its own, so what is used is read once.

  private volatile @Nullable String savedRunId;
  private volatile @Nullable MlflowRun run;
  private volatile @Nullable MlflowSender sender;
  private volatile @Nullable Thread shutdownHook;
  private volatile @Nullable IOException failure;

  /** The last run, for evaluations that follow it, and how it ended. */
  private volatile @Nullable MlflowRun ended;

  private volatile String endStatus = "";

  private MlflowCallback(Builder builder) {
    trackingUri = builder.trackingUri;
    experiment = builder.experiment;
    runName = builder.runName;
    givenRunId = builder.runId;
    authorization = builder.authorization;
    tags = Map.copyOf(builder.tags);
    failOnError = builder.failOnError;
    closeTimeout = builder.closeTimeout;
    retryPause = builder.retryPause;
  }

  /** Starts a callback for the server at {@code trackingUri}, http or https. */
  public static Builder builder(URI trackingUri) {
    return new Builder(trackingUri);
  }

  /**
   * Starts a callback from the environment variables of MLflow's own clients.
   *
   * @throws IllegalArgumentException if {@code MLFLOW_TRACKING_URI} is not set
   */
  public static Builder fromEnvironment() {
    return fromEnvironment(System::getenv);
  }

  static Builder fromEnvironment(UnaryOperator<@Nullable String> environment) {
    String uri = environment.apply("MLFLOW_TRACKING_URI");
    if (uri == null || uri.isBlank()) {
      throw new IllegalArgumentException(
          "the environment variable MLFLOW_TRACKING_URI is not set; set it to the address of the"
              + " tracking server, such as http://localhost:5000, or use MlflowCallback.builder");
    }
    Builder builder = new Builder(URI.create(uri.strip()));
    String experiment = environment.apply("MLFLOW_EXPERIMENT_NAME");
    if (experiment != null && !experiment.isBlank()) {
      builder.experiment(experiment);
    }
    String runId = environment.apply("MLFLOW_RUN_ID");
    if (runId != null && !runId.isBlank()) {
      builder.runId(runId.strip());
    }
    String token = environment.apply("MLFLOW_TRACKING_TOKEN");
    String user = environment.apply("MLFLOW_TRACKING_USERNAME");
    String password = environment.apply("MLFLOW_TRACKING_PASSWORD");
    if (user != null && password != null) {
      builder.basicAuthentication(user, password);
    } else if (token != null && !token.isBlank()) {
      builder.token(token);
    }
    return builder;
  }

  @Override
  public String stateKey() {
    return "MlflowCallback";
  }

  @Override
  public CallbackState state() {
    MlflowRun open = run;
    MlflowSender thread = sender;
    if (open != null && thread != null && open.id() == null && failure == null) {
      // The server gives the id, and without it a resumed run could not go on with this one.
      thread.drain(ID_TIMEOUT);
    }
    String id = open == null ? savedRunId : open.id();
    return new CallbackState(
        Map.of("experiment", experiment), id == null ? Map.of() : Map.of(RUN_ID, id));
  }

  @Override
  public void restore(CallbackState state) {
    savedRunId = state.attributes().get(RUN_ID) instanceof String id ? id : null;
  }

  @Override
  public void onTrainBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    if (!state.isWorldProcessZero()) {
      return;
    }
    failure = null;
    ended = null;
    MlflowClient client = new MlflowClient(trackingUri, authorization, retryPause);
    String saved = savedRunId;
    boolean resumed = state.globalStep() > 0 && saved != null;
    String id = resumed ? saved : givenRunId;
    boolean mustExist = !resumed && givenRunId != null;
    MlflowRun opened =
        new MlflowRun(client, experiment, runName, id, mustExist, tags, params(ctx.args()));
    run = opened;
    MlflowSender thread = new MlflowSender(opened, this::note);
    sender = thread;
    thread.open();
    Thread hook = new Thread(() -> end("KILLED"), "trainer4j-mlflow-shutdown");
    shutdownHook = hook;
    Runtime.getRuntime().addShutdownHook(hook);
    if (failOnError) {
      // Checkpoints need the id, and whoever wants to fail wants to know it before hours of work.
      thread.drain(closeTimeout);
      throwFailure();
    }
  }

  private static Map<String, String> params(TrainingArguments args) {
    Map<String, String> params = new LinkedHashMap<>();
    args.toMap()
        .forEach(
            (name, value) -> {
              if (value != null) {
                params.put(name, value.toString());
              }
            });
    return params;
  }

  @Override
  public void onLog(
      CallbackContext ctx, TrainerState state, TrainerControl control, LogEntry logs) {
    MlflowRun open = run;
    MlflowSender thread = sender;
    if (open == null || thread == null) {
      logAfterTheEnd(logs);
      return;
    }
    throwFailure();
    add(open, logs);
    thread.flush();
  }

  private static void add(MlflowRun run, LogEntry logs) {
    long now = System.currentTimeMillis();
    logs.values()
        .forEach((name, value) -> run.add(new MlflowRun.Metric(name, value, now, logs.step())));
  }

  /** An evaluation after the training is still about its model. */
  private void logAfterTheEnd(LogEntry logs) {
    MlflowRun last = ended;
    if (last == null) {
      return;
    }
    failure = null;
    add(last, logs);
    try (MlflowSender thread = new MlflowSender(last, this::note)) {
      thread.finish(endStatus);
      thread.drain(closeTimeout);
    }
    warnOfLoss(last);
    throwFailure();
  }

  @Override
  public void onTrainEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    boolean cutShort = control.shouldInterrupt() && state.globalStep() < state.maxSteps();
    end(cutShort ? "KILLED" : "FINISHED");
    throwFailure();
  }

  @Override
  public void onTrainError(CallbackContext ctx, TrainerState state, Throwable error) {
    end("FAILED");
  }

  private void note(IOException e) {
    if (failure == null) {
      LOGGER.warn(
          "The MLflow server does not take what is logged; training goes on: {}", e.getMessage());
    }
    failure = e;
  }

  private void throwFailure() {
    IOException e = failure;
    if (failOnError && e != null) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  private synchronized void end(String status) {
    MlflowRun open = run;
    MlflowSender thread = sender;
    if (open == null || thread == null) {
      return;
    }
    thread.finish(status);
    thread.drain(closeTimeout);
    thread.close();
    savedRunId = open.id();
    run = null;
    sender = null;
    ended = open;
    endStatus = status;
    warnOfLoss(open);
    removeHook();
  }

  private static void warnOfLoss(MlflowRun run) {
    long lost = run.undelivered();
    if (lost > 0) {
      LOGGER.warn("{} values of this run were not delivered to the MLflow server", lost);
    }
  }

  private void removeHook() {
    Thread hook = shutdownHook;
    try {
      if (hook != null) {
        boolean unused = Runtime.getRuntime().removeShutdownHook(hook);
      }
    } catch (IllegalStateException e) {
      LOGGER.debug("The JVM is ending", e);
    }
    shutdownHook = null;
  }

  /** Settings of a {@link MlflowCallback}. */
  public static final class Builder {

    private final URI trackingUri;
    private String experiment = "Default";
    private @Nullable String runName;
    private @Nullable String runId;
    private @Nullable String authorization;
    private final Map<String, String> tags = new LinkedHashMap<>();
    private boolean failOnError;
    private Duration closeTimeout = Duration.ofSeconds(30);
    private Duration retryPause = Duration.ofMillis(500);

    private Builder(URI trackingUri) {
      String scheme = trackingUri.getScheme();
      if (!"http".equals(scheme) && !"https".equals(scheme)) {
        throw new IllegalArgumentException(
            "the tracking URI must begin with http:// or https://, but is "
                + trackingUri
                + "; a folder of runs needs a server in front of it: mlflow server"
                + " --backend-store-uri FOLDER");
      }
      this.trackingUri = trackingUri;
    }

    /** Names the experiment, which is made if it does not exist; by default {@code Default}. */
    public Builder experiment(String name) {
      experiment = name;
      return this;
    }

    /** Names the run; by default the server makes up a name. */
    public Builder runName(String name) {
      runName = name;
      return this;
    }

    /**
     * Goes on with a run that exists; the id in a checkpoint wins over this. It keeps the parameters
     * that it has and gets those that it lacks.
     */
    public Builder runId(String id) {
      runId = id;
      return this;
    }

    /** Adds a tag; of its value the server gets the first 5000 characters. */
    public Builder tag(String name, String value) {
      tags.put(name, value);
      return this;
    }

    /** Sends a bearer token with each request; white space around it, as of a file, is dropped. */
    public Builder token(String token) {
      String stripped = token.strip();
      if (stripped.isEmpty() || stripped.chars().anyMatch(c -> c <= ' ' || c > '~')) {
        throw new IllegalArgumentException(
            "the token must be printable ASCII without white space, and not empty; look at"
                + " MLFLOW_TRACKING_TOKEN or what was passed to token(...)");
      }
      authorization = "Bearer " + stripped;
      return this;
    }

    /** Sends a name and a password with each request. */
    public Builder basicAuthentication(String user, String password) {
      byte[] pair = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
      authorization = "Basic " + Base64.getEncoder().encodeToString(pair);
      return this;
    }

    /** Ends the run if the server cannot be reached; by default training goes on. */
    public Builder failOnError(boolean fail) {
      failOnError = fail;
      return this;
    }

    /** How long the end of training waits for the server; by default 30 seconds. */
    public Builder closeTimeout(Duration time) {
      closeTimeout = time;
      return this;
    }

    /** Time between two tries of a request, doubled with each; by default half a second. */
    public Builder retryPause(Duration time) {
      retryPause = time;
      return this;
    }

    /** Makes the callback. */
    public MlflowCallback build() {
      return new MlflowCallback(this);
    }
  }
}
