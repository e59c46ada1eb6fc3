// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.StatefulCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.state.CallbackState;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.torch.ArrayScope;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes event files for TensorBoard, with the tags of Hugging Face's Trainer.
 *
 * <p>Each value of a log entry is a scalar: {@code loss} is {@code train/loss}, {@code eval_loss} is {@code
 * eval/loss}, {@code test_loss} is {@code test/loss}. The arguments are a text, {@code args}, and a line of the tab HPARAMS. Histograms
 * of weights and gradients come on request:
 *
 * <pre>{@code
 * TensorBoardCallback.builder().weightHistograms(100).gradientHistograms(100).build()
 * }</pre>
 *
 * <p>Written by the main process, each entry before training goes on. The folder of the run is {@code loggingDir}; else that in
 * the environment variable {@code TENSORBOARD_LOGGING_DIR}; else {@code runs/<runName>} in {@code outputDir}, and without a name
 * {@code runs/<date>_<host>}, which are made there and are no symbolic links. A resumed run goes on in the folder of its checkpoint with another file, which makes
 * TensorBoard forget what came after that checkpoint.
 *
 * <p>In {@code reportTo} its name is {@code tensorboard}.
 */
public class TensorBoardCallback implements StatefulCallback {

  private static final String VARIABLE = "TENSORBOARD_LOGGING_DIR";
  private static final String FOLDER = "run_folder";
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("MMMdd_HH-mm-ss", Locale.ROOT);

  private final @Nullable Path chosen;
  private final int weightSteps;
  private @Nullable String ownFolder;
  private @Nullable EventFiles files;

  /** Writes scalars and the arguments, into the folder that the arguments say. */
  public TensorBoardCallback() {
    this(new Builder());
  }

  private TensorBoardCallback(Builder builder) {
    chosen = builder.folder;
    weightSteps = builder.weightSteps;
  }

  /** Starts a callback with other settings. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns {@code TensorBoardCallback}. */
  @Override
  public final String stateKey() {
    return "TensorBoardCallback";
  }

  /** Returns the name of a folder that has a date in it, for the run that resumes. */
  @Override
  public final CallbackState state() {
    return new CallbackState(Map.of(), ownFolder == null ? Map.of() : Map.of(FOLDER, ownFolder));
  }

  @Override
  public final void restore(CallbackState state) {
    // From a file that may be anybody's: a name, and never a way out of the folder of all runs.
    if (state.attributes().get(FOLDER) instanceof String name && name.equals(fileName(name))) {
      ownFolder = name;
    }
  }

  @Override
  public final void onTrainBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    if (!state.isWorldProcessZero()) {
      return;
    }
    long step = state.globalStep();
    if (step == 0) {
      ownFolder = null; // Not one of a run before, of the same trainer.
    }
    EventFiles begun = begin(ctx.args());
    EventRecords events = new EventRecords().forgetFrom(step);
    // Entries of the checkpoint's own step may have company from behind the checkpoint, so these
    // are forgotten together and the former are written anew; all are, where none were before.
    state.logHistory().stream()
        .filter(entry -> begun.isFirst() || entry.step() >= step)
        .forEach(entry -> scalars(events, entry));
    events.text(step, "args", indented(ctx.args().toJson()));
    begun.write(events.hyperparameters(ctx.args().toMap()));
  }

  private EventFiles begin(TrainingArguments args) {
    EventFiles begun = EventFiles.begin(folder(args));
    files = begun;
    return begun;
  }

  private Path folder(TrainingArguments args) {
    if (chosen != null) {
      return chosen;
    }
    if (args.loggingDir().isPresent()) {
      return args.loggingDir().get();
    }
    String variable = System.getenv(VARIABLE);
    if (variable != null && !variable.isBlank()) {
      return Path.of(variable);
    }
    String name = args.runName().map(TensorBoardCallback::fileName).orElse(ownFolder);
    if (name == null) {
      name = LocalDateTime.now(ZoneId.systemDefault()).format(DATE) + "_" + EventFiles.hostName();
      ownFolder = name;
    }
    Path runs = args.outputDir().resolve("runs");
    requireNoLink(runs);
    requireNoLink(runs.resolve(name));
    return runs.resolve(name);
  }

  private static void requireNoLink(Path folder) {
    try {
      WriteFailure.requireNoLink(folder);
    } catch (IOException e) {
      throw WriteFailure.of(folder, e);
    }
  }

  /** Returns a name without what a name of a folder cannot have everywhere. */
  private static String fileName(String name) {
    String safe = name.replaceAll("[\\\\/:*?\"<>|\\p{Cntrl}]", "_").strip();
    return safe.isEmpty() || safe.startsWith(".") ? "_" + safe : safe;
  }

  @Override
  public final void onLog(
      CallbackContext ctx, TrainerState state, TrainerControl control, LogEntry logs) {
    if (!state.isWorldProcessZero()) {
      return;
    }
    EventFiles current = files == null ? begin(ctx.args()) : files;
    current.write(scalars(new EventRecords(), logs));
  }

  private static EventRecords scalars(EventRecords events, LogEntry entry) {
    entry.values().forEach((key, value) -> events.scalar(entry.step(), tag(key), value));
    return events;
  }

  /** As Hugging Face's {@code rewrite_logs}. */
  private static String tag(String key) {
    for (String kind : new String[] {"eval", "test"}) {
      if (key.startsWith(kind + "_")) {
        return kind + "/" + key.substring(kind.length() + 1);
      }
    }
    return "train/" + key;
  }

  /** Makes it a block of code, whose lines TensorBoard keeps. */
  private static String indented(String json) {
    return json.strip().indent(4);
  }

  @Override
  public final void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    if (isDue(weightSteps, state.globalStep())) {
      histograms(ctx, state.globalStep(), "weights/", NamedParameter::array);
    }
  }

  private static boolean isDue(int every, long step) {
    return every > 0 && step % every == 0;
  }

  private interface Source {
    NDArray of(NamedParameter parameter);
  }

  final void histograms(CallbackContext ctx, long step, String prefix, Source source) {
    EventFiles current = files;
    if (current == null) {
      return; // Not the main process.
    }
    EventRecords events = new EventRecords();
    for (NamedParameter parameter : ctx.model().parameters()) {
      try (ArrayScope scope = ArrayScope.open()) {
        events.histogram(step, prefix + parameter.name(), Histogram.of(source.of(parameter)));
      }
    }
    current.write(events);
  }

  /** One that reads gradients, for which updates run in phases: so nobody else is it. */
  private static final class WithGradients extends TensorBoardCallback {

    private final int gradientSteps;

    WithGradients(Builder builder) {
      super(builder);
      gradientSteps = builder.gradientSteps;
    }

    @Override
    public void onPreOptimizerStep(
        CallbackContext ctx, TrainerState state, TrainerControl control) {
      long step = state.globalStep() + 1;
      if (isDue(gradientSteps, step)) {
        histograms(ctx, step, "gradients/", parameter -> parameter.array().getGradient());
      }
    }
  }

  /** Settings of a {@link TensorBoardCallback}. */
  public static final class Builder {

    private @Nullable Path folder;
    private int weightSteps;
    private int gradientSteps;

    private Builder() {}

    /** Sets the folder of this run; by default it is that of the arguments. */
    public Builder folder(Path folderOfRun) {
      folder = folderOfRun;
      return this;
    }

    /** Writes a histogram of each parameter, {@code weights/<name>}, every so many updates; 0 for never, the default. */
    public Builder weightHistograms(int everySteps) {
      weightSteps = everySteps;
      return this;
    }

    /**
     * Writes a histogram of each gradient, after clipping, {@code gradients/<name>}, every so many updates; 0 for never, the default.
     * Updates then run in phases, which costs a little time.
     */
    public Builder gradientHistograms(int everySteps) {
      gradientSteps = everySteps;
      return this;
    }

    /**
     * Makes the callback.
     *
     * @throws IllegalArgumentException if a number of updates is negative
     */
    public TensorBoardCallback build() {
      if (weightSteps < 0 || gradientSteps < 0) {
        throw new IllegalArgumentException(
            "histograms come every so many updates, at least 1, or 0 for never, but"
                + " weightHistograms is "
                + weightSteps
                + " and gradientHistograms is "
                + gradientSteps);
      }
      return gradientSteps > 0 ? new WithGradients(this) : new TensorBoardCallback(this);
    }
  }
}
