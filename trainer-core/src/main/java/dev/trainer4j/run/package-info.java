// SPDX-License-Identifier: Apache-2.0
/**
 * What belongs to one run: its plan, counters, losses, clock and optimizer; it ends with the run.
 *
 * <p>It knows neither the loop that advances it nor where checkpoints lie.
 */
@NullMarked
package dev.trainer4j.run;

import org.jspecify.annotations.NullMarked;
