// SPDX-License-Identifier: Apache-2.0
/**
 * From gradients to the next parameters: groups, clipping, the optimizers and their state.
 *
 * <p>It knows parameters and rates, and neither the loop nor where a rate comes from.
 */
@NullMarked
package dev.trainer4j.optim;

import org.jspecify.annotations.NullMarked;
