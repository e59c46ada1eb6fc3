// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import dev.trainer4j.json.JsonPlace;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What happened in a search so far: trials that ended, and the one that was begun, if there is one. */
final class SearchHistory {

  private final SearchSpace space;
  private final List<TrialRecord> ended = new ArrayList<>();
  private final List<TrialEvaluation> evaluations = new ArrayList<>();
  private Optional<Map<String, Object>> begun = Optional.empty();

  /** Starts a history in which nothing has happened. */
  SearchHistory(SearchSpace space) {
    this.space = space;
  }

  /**
   * Takes in what a file tells.
   *
   * @throws IllegalArgumentException naming the line, if events are not as a search writes them
   */
  void read(List<JsonPlace> events) {
    events.forEach(this::read);
  }

  private void read(JsonPlace event) {
    if (event.at("trial").count() != ended.size()) {
      throw event.at("trial").wrong("trial " + ended.size() + ", as those before it have ended");
    }
    String kind = event.at("event").text();
    if (kind.equals("begin") == begun.isPresent()) {
      throw event.at("event").wrong(begun.isPresent() ? "evaluation or end" : "begin");
    }
    switch (kind) {
      case "begin" -> begin(hyperparameters(event.at("hyperparameters")));
      case "evaluation" ->
          evaluations.add(
              new TrialEvaluation(
                  event.at("step").count(),
                  objectives(event),
                  metrics(event),
                  event.at("pruned").flag(false)));
      case "end" ->
          end(
              state(event.at("state")),
              objectives(event),
              metrics(event),
              event.has("error") ? event.at("error").text() : "");
      default -> throw event.at("event").wrong("begin, evaluation or end");
    }
  }

  private Map<String, Object> hyperparameters(JsonPlace place) {
    Map<String, Object> values = new LinkedHashMap<>();
    place
        .map()
        .forEach(
            (name, value) -> {
              ParameterRange range = space.ranges().get(name);
              if (value == null || range == null || !range.contains(value)) {
                throw place.at(name).wrong("a value of the space");
              }
              values.put(name, value);
            });
    if (values.size() < space.ranges().size()) {
      throw place.wrong("values of " + space.names());
    }
    return values;
  }

  private static TrialState state(JsonPlace place) {
    for (TrialState state : TrialState.values()) {
      if (state.name().toLowerCase(Locale.ROOT).equals(place.text())) {
        return state;
      }
    }
    throw place.wrong("completed, pruned or failed");
  }

  private static List<Double> objectives(JsonPlace event) {
    return event.at("objectives").elements().stream().map(JsonPlace::number).toList();
  }

  private static Map<String, Double> metrics(JsonPlace event) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    event.at("metrics").entries().forEach((name, value) -> metrics.put(name, value.number()));
    return metrics;
  }

  /** Begins a trial. */
  void begin(Map<String, Object> hyperparameters) {
    begun = Optional.of(hyperparameters);
  }

  /** Adds an evaluation of the trial that was begun. */
  void add(TrialEvaluation evaluation) {
    evaluations.add(evaluation);
  }

  /** Ends the trial that was begun. */
  TrialRecord end(
      TrialState state, List<Double> objectives, Map<String, Double> metrics, String error) {
    TrialRecord trial =
        new TrialRecord(
            ended.size(), begun.orElseThrow(), state, objectives, metrics, evaluations, error);
    ended.add(trial);
    evaluations.clear();
    begun = Optional.empty();
    return trial;
  }

  /** Returns the hyperparameters of the trial that was begun, if there is one. */
  Optional<Map<String, Object>> begun() {
    return begun;
  }

  /** Returns the evaluations of the trial that was begun. */
  List<TrialEvaluation> evaluations() {
    return evaluations;
  }

  /** Returns the trials that ended, in order; the next one has their number. */
  List<TrialRecord> ended() {
    return ended;
  }
}
