// SPDX-License-Identifier: Apache-2.0
/**
 * From a data set to loss, predictions and metrics; and which evaluation was the best.
 *
 * <p>It knows nothing of training: the trainer hands it a hook that runs a batch.
 */
@NullMarked
package dev.trainer4j.evaluation;

import org.jspecify.annotations.NullMarked;
