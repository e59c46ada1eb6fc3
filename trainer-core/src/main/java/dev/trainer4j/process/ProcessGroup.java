// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.process;

/**
 * The processes that train one model together, seen from one of them.
 *
 * <p>A step of the loop is written once for any world: in a world of one every collective returns
 * its own input.
 */
public interface ProcessGroup extends AutoCloseable {

  /** This process's number, from 0. */
  int rank();

  /** How many processes take part. */
  int worldSize();

  /** Returns whether this process logs and saves for all. */
  default boolean isMain() {
    return rank() == 0;
  }

  /** Returns the sums over all processes, element by element. */
  double[] sum(double... values);

  @Override
  void close();

  /** Returns the world of one process. */
  static ProcessGroup single() {
    return SingleProcess.INSTANCE;
  }
}
