// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.process;

import java.util.Optional;

/**
 * Finds the group of processes that a launcher has started, such as {@code mpirun}.
 *
 * <p>Providers are found by {@link java.util.ServiceLoader}: name the class, with a public constructor without
 * arguments, in {@code META-INF/services/dev.trainer4j.process.ProcessGroupProvider}.
 */
public interface ProcessGroupProvider {

  /**
   * Joins the group of this process; empty if this provider's launcher did not start it, as can be seen
   * from its environment. Then nothing is loaded or initialized.
   *
   * @return a new group, which the caller closes
   * @throws IllegalStateException if the process was launched in a group that it cannot join; the message
   *     says what to do
   */
  Optional<ProcessGroup> join();
}
