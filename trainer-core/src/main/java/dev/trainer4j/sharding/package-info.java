// SPDX-License-Identifier: Apache-2.0
/**
 * What ranks share out among themselves in place of holding it all: the optimizer's state, gradients, parameters.
 *
 * <p>Read it in this order: {@link dev.trainer4j.sharding.ShardLayout} says which rank owns which slice of which
 * parameter; {@link dev.trainer4j.sharding.ShardedOptimizer} makes an update of slices; {@link
 * dev.trainer4j.sharding.Shares} is where a stage keeps them and how they come and go; {@link
 * dev.trainer4j.sharding.ShardedState} is the state as checkpoints have it; {@link
 * dev.trainer4j.sharding.ParallelStrategy} is what a run asks, chosen once.
 *
 * <p>It knows nothing of the loop, nor of how a checkpoint is committed.
 */
@NullMarked
package dev.trainer4j.sharding;

import org.jspecify.annotations.NullMarked;
