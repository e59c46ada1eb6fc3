// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.immutables.value.Value;

/** What a run says and how often. */
public interface LoggingArguments {
  /**
   * When to log.
   *
   * @return {@link IntervalStrategy#STEPS} by default
   */
  @Value.Default
  default IntervalStrategy loggingStrategy() {
    return IntervalStrategy.STEPS;
  }

  /**
   * The updates between two log lines: a whole number from 1 on, a share of all updates below 1.
   *
   * @return 500 by default
   */
  @Value.Default
  default double loggingSteps() {
    return 500;
  }

  /**
   * Whether to log the first update too.
   *
   * @return false by default
   */
  @Value.Default
  default boolean loggingFirstStep() {
    return false;
  }

  /**
   * Whether to count the tokens that training sees. They are those of the model's main input, summed over all processes, and show in
   * the state, the log lines and, as tokens a second, in the metrics at the end.
   *
   * @return {@link InputTokenCount#NO} by default
   */
  @Value.Default
  default InputTokenCount includeNumInputTokensSeen() {
    return InputTokenCount.NO;
  }

  /**
   * How much the main process says, and with {@link #logOnEachNode()} the first one of each machine.
   *
   * @return {@link LogLevel#PASSIVE} by default
   */
  @Value.Default
  default LogLevel logLevel() {
    return LogLevel.PASSIVE;
  }

  /**
   * How much every other process says.
   *
   * @return {@link LogLevel#WARNING} by default
   */
  @Value.Default
  default LogLevel logLevelReplica() {
    return LogLevel.WARNING;
  }

  /**
   * Whether the first process of each machine says as much as {@link #logLevel()} lets it; else only the main process does.
   *
   * @return true by default
   */
  @Value.Default
  default boolean logOnEachNode() {
    return true;
  }

  /**
   * The callbacks to add by name, such as {@code tensorboard}, {@code csv}, {@code jsonl}: what a {@link
   * java.util.ServiceLoader} finds, in the first place those of the module trainer-callbacks. {@code all}
   * means each of them that lacks no library. Names are looked up when a trainer is built.
   *
   * @return empty by default, which means {@code none}
   */
  List<String> reportTo();

  /**
   * What callbacks call this run, in titles and as a name of folders.
   *
   * @return unset by default
   */
  Optional<String> runName();

  /**
   * The folder of what callbacks write. Of TensorBoard's files it is the folder of this run.
   *
   * @return unset by default, which means the output folder, and {@code runs/<run name>} in it for TensorBoard's files
   */
  Optional<Path> loggingDir();

  /**
   * The updates between two log lines, a share resolved and rounded up.
   *
   * @param totalSteps the updates of the whole run
   * @return at least 1 where the strategy is steps
   */
  default int loggingStepsFor(int totalSteps) {
    return Steps.resolve(loggingSteps(), totalSteps);
  }
}
