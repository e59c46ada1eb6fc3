// SPDX-License-Identifier: Apache-2.0
/**
 * A run's checkpoints: what is saved and when, resume, and the best model.
 *
 * <p>How a checkpoint lies on a disk is the business of {@code checkpoint}.
 */
@NullMarked
package dev.trainer4j.saving;

import org.jspecify.annotations.NullMarked;
