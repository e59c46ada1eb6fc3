// SPDX-License-Identifier: Apache-2.0
/**
 * Looks for hyperparameters: {@link dev.trainer4j.search.SearchSpace} says which values there are, a sampler chooses
 * those of the next trial by what the trials before it came to, a pruner ends trials that fall behind, and {@code
 * search.jsonl} keeps what happened, so that a search that was killed goes on.
 *
 * <p>It knows trainers as {@link dev.trainer4j.search.TrialTrainer}, and nothing of how a run goes.
 */
@NullMarked
package dev.trainer4j.search;

import org.jspecify.annotations.NullMarked;
