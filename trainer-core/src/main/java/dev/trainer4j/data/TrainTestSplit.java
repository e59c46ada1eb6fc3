// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

/**
 * Two parts of a dataset that share no sample.
 *
 * @param train the part to train on
 * @param test the part to evaluate on
 */
public record TrainTestSplit<T>(Dataset<T> train, Dataset<T> test) {}
