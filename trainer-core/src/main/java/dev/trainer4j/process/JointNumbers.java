// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.process;

/**
 * Numbers and flags that ranks combine in one message: what a rank has, or what all of them have together.
 *
 * @param sums are added up over the ranks
 * @param maxima of each the greatest of all ranks counts; NaN where one is NaN
 * @param flags are set where any rank has set them
 */
@SuppressWarnings("ArrayRecordComponent") // Made for one message, and compared with nothing.
public record JointNumbers(double[] sums, double[] maxima, boolean[] flags) {}
