// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import dev.trainer4j.args.TrainingArguments;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One call of {@link HyperparameterSearch#run}. */
final class SearchRun {

  private static final Logger LOG = LoggerFactory.getLogger(SearchRun.class);

  private final SearchSettings settings;
  private final List<SearchListener> listeners;
  private final Function<Trial, ? extends TrialTrainer> trainers;
  private final Sampler sampler;
  private final SearchHistory history;
  private final SearchLog log;
  private @Nullable Throwable firstFailure;

  SearchRun(
      SearchSettings settings,
      List<SearchListener> listeners,
      Function<Trial, ? extends TrialTrainer> trainers)
      throws IOException {
    this.settings = settings;
    this.listeners = listeners;
    this.trainers = trainers;
    sampler = settings.sampler();
    log = SearchLog.open(settings.args().outputDir(), settings.header());
    history = new SearchHistory(settings.space());
    history.read(log.events());
  }

  SearchResult run() {
    if (!history.ended().isEmpty()) {
      LOG.info(
          "the search in {} goes on behind {} trials",
          settings.args().outputDir(),
          history.ended().size());
      tell(listener -> listener.onTrialEnd(result()));
    }
    while (history.ended().size() < settings.trials() && begin()) {
      TrialRecord ended = trial(history.begun().orElseThrow());
      LOG.info("{}", line(ended));
      tell(listener -> listener.onTrialEnd(result()));
    }
    SearchResult result = result();
    requireAny(result);
    LOG.info("{}", "the trials, the best first:\n" + result.table());
    return result;
  }

  /** Begins the next trial, unless one was begun before a restart; returns whether there is one. */
  private boolean begin() {
    if (history.begun().isPresent()) {
      return true;
    }
    int number = history.ended().size();
    Optional<Map<String, Object>> next = sampler.suggest(number, history.ended());
    next.ifPresent(
        hyperparameters -> {
          log.began(number, hyperparameters);
          history.begin(hyperparameters);
        });
    return next.isPresent();
  }

  private TrialRecord trial(Map<String, Object> hyperparameters) {
    TrialRecord ended;
    try {
      Map<String, Double> metrics = train(hyperparameters);
      List<Double> objectives = settings.objectivesOf(metrics);
      boolean pruned = history.evaluations().stream().anyMatch(TrialEvaluation::pruned);
      ended =
          objectives.stream().allMatch(objective -> Double.isFinite(objective))
              ? history.end(
                  pruned ? TrialState.PRUNED : TrialState.COMPLETED, objectives, metrics, "")
              : history.end(
                  TrialState.FAILED, List.of(), Map.of(), "the objective is " + objectives);
    } catch (Exception | OutOfMemoryError e) {
      rethrowIfOfTheSearch(e);
      LOG.warn("{} failed, and the search goes on", Trial.runId(history.ended().size()), e);
      firstFailure = firstFailure == null ? e : firstFailure;
      ended = history.end(TrialState.FAILED, List.of(), Map.of(), String.valueOf(e));
    }
    log.ended(ended);
    return ended;
  }

  /** Trains the trial that was begun; returns its metrics. */
  private Map<String, Double> train(Map<String, Object> hyperparameters) {
    int number = history.ended().size();
    TrainingArguments args = args(number, hyperparameters);
    Trial[] current = new Trial[1];
    RunningTrial progress =
        new RunningTrial(
            settings,
            history,
            log,
            evaluation -> tell(listener -> listener.onTrialEvaluate(current[0], evaluation)));
    Optional<TrialEvaluation> last = progress.last();
    if (last.isPresent() && last.get().pruned()) {
      return last.get().metrics(); // The process ended before it could say so.
    }
    Trial trial = new Trial(number, args, hyperparameters, progress);
    current[0] = trial;
    LOG.info("{}: {}", trial.runId(), hyperparameters);
    tell(listener -> listener.onTrialBegin(trial));
    try (TrialResources resources = trial.resources();
        TrialTrainer trainer = trainers.apply(trial)) {
      return trainer.train(trial);
    }
  }

  private TrainingArguments args(int number, Map<String, Object> hyperparameters) {
    TrainingArguments args = SpaceCheck.args(settings.args(), hyperparameters);
    Path folder = args.outputDir().resolve(Trial.runId(number));
    TrainingArguments.Builder builder = args.toBuilder().outputDir(folder);
    args.runName().ifPresent(name -> builder.runName(name + "-" + Trial.runId(number)));
    return builder.build();
  }

  /** What is wrong with the search, or ends it, is no failure of a trial; callbacks wrap what is thrown in them. */
  private static void rethrowIfOfTheSearch(Throwable error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (cause instanceof ObjectiveException objective) {
        throw objective;
      } else if (cause instanceof SearchInterruptedException interruption) {
        throw interruption;
      } else if (cause instanceof ListenerFailure failure) {
        throw failure;
      }
    }
  }

  private void tell(Consumer<SearchListener> event) {
    for (SearchListener listener : listeners) {
      try {
        event.accept(listener);
      } catch (RuntimeException e) {
        throw new ListenerFailure(listener, e);
      }
    }
  }

  private SearchResult result() {
    return new SearchResult(settings.args().outputDir(), settings.directions(), history.ended());
  }

  private String line(TrialRecord ended) {
    String best =
        settings.directions().size() > 1
            ? ""
            : result()
                .bestTrial()
                .map(
                    trial ->
                        "; the best is " + trial.runId() + " with " + trial.objectives().get(0))
                .orElse("");
    return ended.runId()
        + " "
        + ended.state().name().toLowerCase(Locale.ROOT)
        + (ended.objectives().isEmpty() ? "" : " with " + ended.objectives())
        + best;
  }

  private void requireAny(SearchResult result) {
    List<TrialRecord> trials = result.trials();
    if (trials.stream().allMatch(trial -> trial.state() == TrialState.FAILED)) {
      throw new IllegalStateException(
          "all "
              + trials.size()
              + " trials failed, the first one with: "
              + trials.get(0).error()
              + "; what they tried is in "
              + result.folder().resolve(SearchLog.FILE_NAME),
          firstFailure);
    }
  }
}
