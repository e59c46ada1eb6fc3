// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.testing.ChildJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that searches is killed in the middle of a trial; another one goes on, to the end of a search that nothing happened to. */
class KilledSearchTest {

  @TempDir static Path whole;
  private static SearchResult undisturbed;

  @TempDir Path folder;

  @BeforeAll
  static void searchInOneGo() {
    undisturbed = SearchChild.search(whole, new SearchListener() {}, new ArrayList<>());
  }

  private void killAt(int trial, long step) throws IOException, InterruptedException {
    Process child =
        new ProcessBuilder(ChildJvm.command(SearchChild.class, folder, trial, step))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader out = child.inputReader(StandardCharsets.UTF_8)) {
      assertThat(out.readLine()).isEqualTo("here");
    } finally {
      child.destroyForcibly().waitFor(); // SIGKILL
    }
  }

  /** Times differ from run to run. */
  private static Map<String, Double> withoutTimes(Map<String, Double> metrics) {
    Map<String, Double> kept = new LinkedHashMap<>(metrics);
    kept.keySet().removeIf(name -> name.endsWith("_runtime") || name.endsWith("_per_second"));
    return kept;
  }

  private static List<Object> comparable(SearchResult result) {
    return result.trials().stream()
        .<Object>map(
            trial ->
                List.of(
                    trial.hyperparameters(),
                    trial.state(),
                    trial.objectives(),
                    withoutTimes(trial.metrics()),
                    trial.evaluations().stream()
                        .map(
                            each ->
                                List.of(
                                    each.step(),
                                    each.objectives(),
                                    each.pruned(),
                                    withoutTimes(each.metrics())))
                        .toList()))
        .toList();
  }

  @Test
  void theSearchHasTrialsOfEachKind() {
    assertThat(undisturbed.trials()).hasSize(14);
    assertThat(undisturbed.trials().stream().map(TrialRecord::state))
        .contains(TrialState.COMPLETED, TrialState.PRUNED);
    assertThat(undisturbed.trials().get(0).state()).isEqualTo(TrialState.COMPLETED);
  }

  @Test
  void aTrialThatWasHalfDoneGoesOnFromItsCheckpointAndThoseThatEndedAreNotRunAgain()
      throws IOException, InterruptedException {
    int last = lastCompleted();
    killAt(last, 7);
    // A line that the process did not finish.
    Files.writeString(
        folder.resolve("search.jsonl"), "{\"event\":\"evalua", StandardOpenOption.APPEND);
    List<String> steps = new ArrayList<>();

    SearchResult result = SearchChild.search(folder, new SearchListener() {}, steps);

    assertThat(steps.get(0)).isEqualTo("run-" + last + " 6");
    assertThat(comparable(result)).isEqualTo(comparable(undisturbed));
    assertThat(result.best().map(BestRun::runId)).isEqualTo(undisturbed.best().map(BestRun::runId));
    assertThat(Files.readAllLines(folder.resolve("search.jsonl")))
        .hasSameSizeAs(Files.readAllLines(whole.resolve("search.jsonl")));
  }

  private static int lastCompleted() {
    return undisturbed.trials().stream()
        .filter(trial -> trial.state() == TrialState.COMPLETED)
        .mapToInt(TrialRecord::number)
        .max()
        .orElseThrow();
  }

  @Test
  void aTrialThatWasPrunedJustBeforeTheKillIsNotTrainedFurther()
      throws IOException, InterruptedException {
    TrialRecord pruned =
        undisturbed.trials().stream()
            .filter(trial -> trial.state() == TrialState.PRUNED)
            .findFirst()
            .orElseThrow();
    killAt(pruned.number(), pruned.evaluations().get(pruned.evaluations().size() - 1).step());
    List<String> steps = new ArrayList<>();

    SearchResult result = SearchChild.search(folder, new SearchListener() {}, steps);

    assertThat(steps).noneMatch(step -> step.startsWith(pruned.runId() + " "));
    assertThat(comparable(result)).isEqualTo(comparable(undisturbed));
  }

  @Test
  void aSearchThatEndedTrainsNothing() {
    List<String> steps = new ArrayList<>();
    SearchResult again = SearchChild.search(whole, new SearchListener() {}, steps);
    assertThat(steps).isEmpty();
    assertThat(comparable(again)).isEqualTo(comparable(undisturbed));
  }
}
