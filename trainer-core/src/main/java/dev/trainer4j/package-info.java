// SPDX-License-Identifier: Apache-2.0
/**
 * Trains and evaluates models: {@link dev.trainer4j.Trainer} is the face, everything else its parts.
 *
 * <p>To follow a run, read {@code Trainer.train}, then {@code TrainingLoop} (epochs and reactions),
 * {@code UpdateStep} (micro batches, clip, optimizer step) and {@code EvaluationLoop}. What they
 * stand on lies in the packages below, in the order in which data flows: {@code args}, {@code data},
 * {@code model}, {@code torch}, {@code optim}, {@code schedule}, {@code metrics}, {@code state},
 * {@code callback}, {@code checkpoint}, {@code process}.
 */
@NullMarked
package dev.trainer4j;

import org.jspecify.annotations.NullMarked;
