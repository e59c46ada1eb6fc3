// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

/** Follows a search; called by the thread that runs it. An exception ends the search. */
public interface SearchListener {

  /** Called before a trial is trained, also when it goes on after a restart. */
  default void onTrialBegin(Trial trial) {}

  /**
   * Called after an evaluation of a trial in training.
   *
   * @param trial the trial
   * @param evaluation what it came to
   */
  default void onTrialEvaluate(Trial trial, TrialEvaluation evaluation) {}

  /**
   * Called when a trial has ended and is recorded, and once at the start with the trials of before a restart, if there are
   * any.
   *
   * @param result all trials that ended so far
   */
  default void onTrialEnd(SearchResult result) {}
}
