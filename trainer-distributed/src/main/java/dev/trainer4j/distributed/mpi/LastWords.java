// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

/**
 * What a process says when it ends the job. It goes to standard error: a logging backend might write it later,
 * and there is no later.
 */
final class LastWords {

  private LastWords() {}

  @SuppressWarnings("SystemOut")
  static void say(String message) {
    System.err.println("Trainer4J ends this job: " + message);
    System.err.flush();
  }
}
