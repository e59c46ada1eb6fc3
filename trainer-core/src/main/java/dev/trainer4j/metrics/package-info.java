// SPDX-License-Identifier: Apache-2.0
/**
 * Predictions of an evaluation and the metrics computed from them, all at once or batch by batch.
 *
 * <p>It knows nothing of the training loop.
 */
@NullMarked
package dev.trainer4j.metrics;

import org.jspecify.annotations.NullMarked;
