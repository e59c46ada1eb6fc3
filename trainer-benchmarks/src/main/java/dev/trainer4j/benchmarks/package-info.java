// SPDX-License-Identifier: Apache-2.0
/** What the performance table is made with: {@code Bench} for whole runs, JMH for the hot pieces. */
@NullMarked
package dev.trainer4j.benchmarks;

import org.jspecify.annotations.NullMarked;
