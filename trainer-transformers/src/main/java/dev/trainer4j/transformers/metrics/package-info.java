// SPDX-License-Identifier: Apache-2.0
/**
 * Metrics of language tasks: classes, entities, answers, summaries and translations. Those over arrays
 * serve a trainer as they are, those over texts are called with what was generated.
 */
@NullMarked
package dev.trainer4j.transformers.metrics;

import org.jspecify.annotations.NullMarked;
