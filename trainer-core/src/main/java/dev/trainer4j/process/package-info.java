// SPDX-License-Identifier: Apache-2.0
/**
 * Ranks, worlds and the few collectives that training needs.
 *
 * <p>Here only the world of one; it knows nothing of models or data.
 */
@NullMarked
package dev.trainer4j.process;

import org.jspecify.annotations.NullMarked;
