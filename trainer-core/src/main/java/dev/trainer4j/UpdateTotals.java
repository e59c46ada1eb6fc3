// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.optim.LossWeight;
import java.util.List;

/**
 * What the micro batches of an update come to on all ranks, which have told each other in one message.
 *
 * @param areMeans whether losses are means, and not sums
 * @param losses scalars whose sum is the loss of all ranks
 * @param weight of the losses of all ranks
 * @param tokens that all ranks have read
 * @param flos of all ranks
 * @param hasParts whether a rank has named parts of its losses
 */
record UpdateTotals(
    boolean areMeans,
    List<NDArray> losses,
    LossWeight weight,
    double tokens,
    double flos,
    boolean hasParts) {}
