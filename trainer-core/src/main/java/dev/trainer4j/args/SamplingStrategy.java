// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

/** The order in which an epoch visits the training samples. */
public enum SamplingStrategy {
  /** A new permutation every epoch, a function of the data seed and the epoch. */
  RANDOM,
  /** The order of the dataset. */
  SEQUENTIAL,
  /** Random, with samples of similar length together, for less padding. */
  GROUP_BY_LENGTH,
  /** Random, with the samples of each update dealt into micro batches of similar cost, which then differ in size. */
  BATCH_REBALANCE
}
