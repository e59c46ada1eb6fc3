// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.optim;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * One update to make from the gradients that backward has summed up.
 *
 * @param losses the micro batches' losses, scalars
 * @param weight what the gradients are divided by: the weight of all the losses, above 0
 * @param maxGradNorm largest global L2 norm of the gradients, 0 for no clipping
 * @param rateFactor multiplies every group's learning rate
 * @param skipNonFinite whether a loss or norm that is not finite leaves the parameters as they were
 */
public record UpdateRequest(
    List<NDArray> losses,
    double weight,
    double maxGradNorm,
    double rateFactor,
    boolean skipNonFinite) {}
