// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.fuzz;

import java.nio.file.Path;
import java.util.Random;

/** One kind of files. To add a kind, write one and name it in {@link FuzzChild}. */
interface FuzzTarget {

  /** Writes good files once, from which hostile ones are made; the folder is empty. */
  void prepare(Path folder) throws Exception;

  /**
   * Makes hostile files and reads them.
   *
   * @param random decides everything, so that an input can be made again
   * @param folder with what {@link #prepare} and the inputs before have left there
   * @throws Exception what the reader throws
   */
  void run(Random random, Path folder) throws Exception;
}
