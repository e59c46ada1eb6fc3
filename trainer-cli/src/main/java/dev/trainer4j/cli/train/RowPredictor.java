// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import java.util.List;
import java.util.Map;

/** Predicts for rows. */
interface RowPredictor extends AutoCloseable {

  /**
   * Predicts for some rows at once.
   *
   * @param rows by the names of their columns
   * @return what is predicted for each, in their order
   * @throws IllegalArgumentException if a row lacks a column or has no text in it
   */
  List<Map<String, Object>> predict(List<Map<String, Object>> rows);

  @Override
  void close();
}
