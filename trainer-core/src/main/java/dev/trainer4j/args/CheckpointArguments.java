// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import org.immutables.value.Value;

/** Where and when a run is saved, and which checkpoint is the best. */
public interface CheckpointArguments {
  /**
   * The folder of checkpoints, model and results. A leading {@code ~} is the home folder of the user.
   *
   * @return {@code trainer_output} by default
   */
  @Value.Default
  default Path outputDir() {
    return Path.of("trainer_output");
  }

  /**
   * When to save.
   *
   * @return {@link IntervalStrategy#STEPS} by default
   */
  @Value.Default
  default IntervalStrategy saveStrategy() {
    return IntervalStrategy.STEPS;
  }

  /**
   * The updates between two checkpoints: a whole number from 1 on, a share of all updates below 1.
   *
   * @return 500 by default
   */
  @Value.Default
  default double saveSteps() {
    return 500;
  }

  /**
   * The time between two checkpoints, beside {@link #saveStrategy()}: whenever this much has passed since the last checkpoint, one
   * is saved after the update in progress. With a strategy that does not save the end of a run, the last update is saved too.
   *
   * @return more than 0; unset by default
   */
  Optional<Duration> saveInterval();

  /**
   * Whether a checkpoint holds the model alone. It is smaller, and training cannot resume from it.
   *
   * @return false by default
   */
  @Value.Default
  default boolean saveOnlyModel() {
    return false;
  }

  /**
   * Whether the first process of each machine writes checkpoints and models; else only the main process does. For machines that
   * share no disk: where they do, the second one finds the output folder taken, which is an error.
   *
   * @return false by default
   */
  @Value.Default
  default boolean saveOnEachNode() {
    return false;
  }

  /**
   * How many checkpoints to keep. The best one is never deleted while {@link #loadBestModelAtEnd()} needs it.
   *
   * @return at least 1; unset by default, which keeps all
   */
  OptionalInt saveTotalLimit();

  /**
   * Checkpoints whose step is a multiple of this are never deleted, and do not count in {@link #saveTotalLimit()}.
   *
   * @return at least 1; unset by default
   */
  OptionalInt saveKeepEvery();

  /**
   * The tensors that one file of a model may hold, in checkpoints and in {@code saveModel}; above it, the model is cut into {@code
   * model-00001-of-0000N.safetensors} and so on. A tensor that is larger gets a file of its own. Named and read as Hugging Face's
   * {@code save_pretrained(max_shard_size=...)} does.
   *
   * @return such as {@code 5GB} (10^9 bytes) or {@code 500MiB} (2^20), or a number of bytes; {@code 50GB} by default
   */
  @Value.Default
  default String maxShardSize() {
    return "50GB";
  }

  /**
   * The {@link #maxShardSize()}.
   *
   * @return in bytes, at least 1
   */
  default long maxShardBytes() {
    return ByteSizes.parse(maxShardSize()).orElseThrow();
  }

  /**
   * Whether checkpoints are written in the background. Tensors are copied to host memory there too, while training goes on with
   * forward and backward; the next optimizer step waits until they are. That takes as much memory as the checkpoint, from the first
   * save to the end of the run. At most one checkpoint is being written: the next one waits for it. An error of the disk ends training after the update in which it is found, at the latest at the end
   * of {@code train()}.
   *
   * @return false by default
   */
  @Value.Default
  default boolean asyncSave() {
    return false;
  }

  /**
   * Whether SIGTERM and SIGINT end training in good order while {@code train()} runs: the update in progress is finished, together
   * with the evaluation that is due after it, a checkpoint is saved whatever the {@link #saveStrategy()}, and {@code train()}
   * returns. A second signal is handled as if this were off. Without this argument no handler is installed; with it, the handlers of
   * before are back when {@code train()} ends.
   *
   * @return false by default
   */
  @Value.Default
  default boolean enableJitCheckpoint() {
    return false;
  }

  /**
   * Whether to end with the best weights instead of the last. Needs an eval strategy, and nothing of the save strategy: a new best
   * is saved when it is found.
   *
   * @return false by default
   */
  @Value.Default
  default boolean loadBestModelAtEnd() {
    return false;
  }

  /**
   * The evaluation metric that tells a better model, with or without {@code eval_}.
   *
   * @return unset by default, which means {@code loss} where something needs a metric
   */
  Optional<String> metricForBestModel();

  /**
   * Whether more of the metric is better.
   *
   * @return unset by default, which means yes unless the name of the metric ends in {@code loss}
   */
  Optional<Boolean> greaterIsBetter();

  /**
   * The metric that tells a better model.
   *
   * @return {@link #metricForBestModel()}, or {@code loss}
   */
  default String resolvedMetricForBestModel() {
    return metricForBestModel().orElse("loss");
  }

  /**
   * The direction of the metric that tells a better model.
   *
   * @return {@link #greaterIsBetter()}, or what the name of the metric says
   */
  default boolean resolvedGreaterIsBetter() {
    return greaterIsBetter().orElseGet(() -> !resolvedMetricForBestModel().endsWith("loss"));
  }

  /**
   * The updates between two checkpoints, a share resolved and rounded up.
   *
   * @param totalSteps the updates of the whole run
   * @return at least 1 where the strategy is steps
   */
  default int saveStepsFor(int totalSteps) {
    return Steps.resolve(saveSteps(), totalSteps);
  }

  /** Returns whether a best evaluation is worth a checkpoint of its own. */
  default boolean savesBest() {
    return saveStrategy() == IntervalStrategy.BEST || loadBestModelAtEnd();
  }

  /**
   * Whether the run writes checkpoints at its own pace, best models aside.
   *
   * @return whether there is a save strategy or an interval
   */
  default boolean savesRegularly() {
    return saveStrategy() != IntervalStrategy.NO || saveInterval().isPresent();
  }
}
