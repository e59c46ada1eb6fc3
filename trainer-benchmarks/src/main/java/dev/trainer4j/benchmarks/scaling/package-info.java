// SPDX-License-Identifier: Apache-2.0

/**
 * What more ranks bring: a model of an update's time, held to measurements of this machine, for plans of thousands of ranks.
 */
@NullMarked
package dev.trainer4j.benchmarks.scaling;

import org.jspecify.annotations.NullMarked;
