// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import java.util.List;
import java.util.Optional;

/**
 * What came of a job.
 *
 * @param exitCode 0 if all ranks ended well
 * @param restarts how often all ranks were started again
 * @param failure what ended the last attempt before its time; empty if all ranks ended well
 * @param output what each rank of the last attempt wrote to stdout, in lines, by rank
 * @param errors the same of stderr
 */
public record LaunchResult(
    int exitCode,
    int restarts,
    Optional<Failure> failure,
    List<List<String>> output,
    List<List<String>> errors) {

  public LaunchResult {
    output = output.stream().map(List::copyOf).toList();
    errors = errors.stream().map(List::copyOf).toList();
  }

  /** Returns whether all ranks ended well. */
  public boolean succeeded() {
    return exitCode == 0;
  }

  /**
   * Returns this, if all ranks ended well.
   *
   * @throws IllegalStateException otherwise, with what the rank that failed first wrote
   */
  public LaunchResult orThrow() {
    if (succeeded()) {
      return this;
    }
    throw new IllegalStateException(
        failure
            .map(what -> what.summary() + ":\n" + String.join("\n", what.lines()))
            .orElse("the job was stopped, with exit code " + exitCode));
  }
}
