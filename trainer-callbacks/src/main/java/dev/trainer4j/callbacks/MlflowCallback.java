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
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs a run to an MLflow tracking server, through its REST API.
 *
 * <p>The arguments become parameters, each logged value a metric with its step. The run ends as
 * FINISHED, as FAILED if training throws, as KILLED if it is interrupted before its end (by {@code
 * requestStop()}, {@code requestInterruption()}, {@code maxTrainTime} or a signal) or the JVM is told
 * to end meanwhile. Its id, and a key that stands in its tag {@code trainer4j.run}, are
 * saved in checkpoints: a resumed run goes on with the same one, and does not send again what the
 * server has. An evaluation after the training goes to the same run.
 *
 * <p>A thread of its own does the talking, so training does not wait for the server. What cannot be
 * delivered, after three tries, is kept, up to 100,000 values, and sent with the next; a warning says
 * so once. {@link Builder#failOnError} makes it end the run instead, and training then begins when the
 * server has the run. At the end it waits up to {@link Builder#closeTimeout}.
 *
 * <p>{@code reportTo} knows it as {@code mlflow}, with the environment variables of MLflow's own
 * clients: {@code MLFLOW_TRACKING_URI}, {@code MLFLOW_EXPERIMENT_NAME}, {@code MLFLOW_RUN_ID}, and
 * {@code MLFLOW_TRACKING_TOKEN} or {@code MLFLOW_TRACKING_USERNAME} and {@code
 * MLFLOW_TRACKING_PASSWORD}. A login in the address, {@code https://name:password@host}, wins over these.
 * Files are not uploaded.
 */
public final class MlflowCallback implements StatefulCallback {

  private static final Logger LOGGER = LoggerFactory.getLogger(MlflowCallback.class);
  private static final String RUN_ID = "run_id";
  private static final String RUN_KEY = "run_key";
  private static final Pattern KEY = Pattern.compile("[0-9A-Za-z-]{1,64}");

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
  private volatile @Nullable String savedKey;
  private volatile @Nullable MlflowRun run;
  private volatile @Nullable MlflowSender sender;
  private volatile @Nullable Thread shutdownHook;
  private volatile @Nullable IOException failure;

  /** The last run, for evaluations that follow it, and how it ended. */
  private volatile @Nullable MlflowRun ended;

  private volatile String endStatus = "";

  private MlflowCallback(Builder builder) {
    trackingUri = builder.address.uri();
    experiment = builder.experiment;
    runName = builder.runName;
    givenRunId = builder.runId;
    authorization = builder.authorization;
    tags = Map.copyOf(builder.tags);
    failOnError = builder.failOnError;
    closeTimeout = builder.closeTimeout;
    retryPause = builder.retryPause;
  }

  /**
   * Starts a callback for the server at {@code trackingUri}.
   *
   * @param trackingUri http or https; {@code name:password@} before its host logs in, special characters
   *     written as {@code %XX}
   * @throws IllegalArgumentException if it is of another kind, or has no host
   */
  public static Builder builder(URI trackingUri) {
    return new Builder(TrackingAddress.of(trackingUri));
  }

  /**
   * Starts a callback from the environment variables of MLflow's own clients.
   *
   * @throws IllegalArgumentException if {@code MLFLOW_TRACKING_URI} is not set, or no address of a server
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
    Builder builder = new Builder(TrackingAddress.parse(uri.strip()));
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
    if (builder.address.authorization() != null) {
      return builder; // As MLflow's own clients do, whatever else is set.
    }
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
    Map<String, Object> attributes = new LinkedHashMap<>();
    // The server gives the id, and may not have done so yet: training does not wait for it.
    String id = open == null ? savedRunId : open.id();
    if (id != null) {
      attributes.put(RUN_ID, id);
    }
    String key = savedKey;
    if (key != null) {
      attributes.put(RUN_KEY, key);
    }
    return new CallbackState(Map.of("experiment", experiment), attributes);
  }

  @Override
  public void restore(CallbackState state) {
    savedRunId = state.attributes().get(RUN_ID) instanceof String id ? id : null;
    // It becomes part of a query.
    savedKey =
        state.attributes().get(RUN_KEY) instanceof String key && KEY.matcher(key).matches()
            ? key
            : null;
  }

  @Override
  public void onTrainBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    if (!state.isWorldProcessZero()) {
      return;
    }
    failure = null;
    ended = null;
    MlflowClient client = new MlflowClient(trackingUri, authorization, retryPause);
    boolean resumed = state.globalStep() > 0;
    String saved = resumed ? savedRunId : null;
    String id = saved == null ? givenRunId : saved;
    String key = resumed && savedKey != null ? savedKey : UUID.randomUUID().toString();
    MlflowRun opened =
        new MlflowRun(
            client,
            experiment,
            runName,
            id,
            saved == null && givenRunId != null,
            tags,
            params(ctx.args()),
            key,
            resumed);
    savedKey = key;
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

    private final TrackingAddress address;
    private String experiment = "Default";
    private @Nullable String runName;
    private @Nullable String runId;
    private @Nullable String authorization;
    private final Map<String, String> tags = new LinkedHashMap<>();
    private boolean failOnError;
    private Duration closeTimeout = Duration.ofSeconds(30);
    private Duration retryPause = Duration.ofMillis(500);

    private Builder(TrackingAddress address) {
      this.address = address;
      authorization = address.authorization();
    }

    /** One of the two would be ignored. */
    private void requireNoLogin(String setting) {
      if (address.authorization() != null) {
        throw new IllegalArgumentException(
            "the tracking URI has a name and a password already: leave out " + setting);
      }
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
      requireNoLogin("token(...)");
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
      requireNoLogin("basicAuthentication(...)");
      authorization = TrackingAddress.basic(user, password);
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
