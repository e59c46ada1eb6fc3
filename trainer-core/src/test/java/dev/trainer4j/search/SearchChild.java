// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import java.nio.file.Path;
import java.util.List;

/** A search that stands still at an evaluation, so that it can be killed there. */
public final class SearchChild {

  private SearchChild() {}

  static TrainingArguments args(Path folder) {
    return TrainingArguments.builder()
        .outputDir(folder)
        .maxSteps(9)
        .perDeviceTrainBatchSize(8)
        .evalStrategy(IntervalStrategy.STEPS)
        .evalSteps(1)
        .saveStrategy(IntervalStrategy.STEPS)
        .saveSteps(2)
        .saveTotalLimit(2)
        .seed(11)
        .build();
  }

  /**
   * Runs the search.
   *
   * @param steps gets the trial and the step of each update that begins
   */
  static SearchResult search(Path folder, SearchListener listener, List<String> steps) {
    SearchSpace space =
        SearchSpace.builder()
            .logUniform("learning_rate", 1e-4, 1)
            .uniform("model.dropout", 0, 0.5)
            .choice("lr_scheduler_type", "linear", "constant")
            .build();
    return HyperparameterSearch.builder(args(folder), space)
        .trials(14)
        .pruner(Pruner.asha(1, 2))
        .listener(listener)
        .build()
        .run(
            trial -> {
              TinyModel model =
                  trial.closing(new TinyModel(1, (float) trial.number("model.dropout")));
              return Trainer.builder(model.model(), trial.args())
                  .trainDataset(TinyData.points(40, 1))
                  .evalDataset(TinyData.points(20, 2))
                  .callback(
                      new TrainerCallback() {
                        @Override
                        public void onStepBegin(
                            CallbackContext ctx, TrainerState state, TrainerControl control) {
                          steps.add(trial.runId() + " " + state.globalStep());
                        }
                      })
                  .build();
            });
  }

  /** Searches in a folder, and waits for its end at the evaluation of a trial and a step. */
  public static void main(String[] args) {
    int number = Integer.parseInt(args[1]);
    long step = Long.parseLong(args[2]);
    SearchListener waiting =
        new SearchListener() {
          @Override
          public void onTrialEvaluate(Trial trial, TrialEvaluation evaluation) {
            if (trial.number() == number && evaluation.step() == step) {
              System.out.println("here");
              while (true) {
                java.util.concurrent.locks.LockSupport.park();
              }
            }
          }
        };
    search(Path.of(args[0]), waiting, new java.util.ArrayList<>());
  }
}
