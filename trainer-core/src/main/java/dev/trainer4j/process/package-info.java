// SPDX-License-Identifier: Apache-2.0
/**
 * Ranks, worlds and the few collectives that training needs: {@link dev.trainer4j.process.ProcessGroup};
 * what ranks decide together, {@link dev.trainer4j.process.Agreement}; and what they do with gradients,
 * {@link dev.trainer4j.process.GradientSync}.
 *
 * <p>Here only the world of one; others are handed in, or found by a {@link
 * dev.trainer4j.process.ProcessGroupProvider}. It knows nothing of models or data.
 */
@NullMarked
package dev.trainer4j.process;

import org.jspecify.annotations.NullMarked;
