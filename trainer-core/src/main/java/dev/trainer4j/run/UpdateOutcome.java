// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.run;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one update did.
 *
 * @param loss mean loss of the update
 * @param lossWeight how much it counts in a mean over updates: the weight of its sums, 1 for means
 * @param parts named parts of the loss, means
 * @param gradientNorm global L2 norm before clipping
 * @param learningRates the different rates of this update, that of the first group first
 * @param stepTaken false if a loss or norm that is not finite made the update be skipped
 * @param microBatches micro batches that it took
 * @param samples samples in them
 * @param inputTokens tokens that were counted in them, 0 while counting is off
 * @param flos floating point operations of its passes, 0 for models that cannot tell
 * @param streamState where a stream that can tell stands behind them
 */
public record UpdateOutcome(
    double loss,
    double lossWeight,
    Map<String, Double> parts,
    double gradientNorm,
    List<Double> learningRates,
    boolean stepTaken,
    int microBatches,
    long samples,
    long inputTokens,
    double flos,
    @Nullable Map<String, Object> streamState) {}
