// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

/** x. */
public final class LaunchEnvironment {
  /** How often the job was started again, in the environment. */
  public static final String RESTART_COUNT = "TRAINER4J_RESTART_COUNT";

  /** When the job began. */
  public static final String JOB_BEGIN = "TRAINER4J_JOB_BEGIN";

  private LaunchEnvironment() {}
}
