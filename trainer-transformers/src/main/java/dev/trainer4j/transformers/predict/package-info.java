// SPDX-License-Identifier: Apache-2.0
/**
 * Answers of trained models for programs: from texts to labels, entities, answers, numbers and embeddings.
 *
 * <p>A predictor takes and returns Java values only, owns every array in between, and may be used by many threads at
 * once. It knows nothing of training.
 */
@NullMarked
package dev.trainer4j.transformers.predict;

import org.jspecify.annotations.NullMarked;
