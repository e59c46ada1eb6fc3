// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

/** A search was asked to stop in the middle of a trial; run again, it goes on there. */
public final class SearchInterruptedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param trial which was being trained
   * @param reason why it was not trained to its end
   */
  public SearchInterruptedException(Trial trial, String reason) {
    super(
        "the search was stopped in "
            + trial.runId()
            + " ("
            + reason
            + "); run it again with the same arguments, and it goes on from there");
  }
}
