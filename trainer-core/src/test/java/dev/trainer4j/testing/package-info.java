// SPDX-License-Identifier: Apache-2.0
/** A tiny model, its data and ways to look at a run, for tests of every package. */
@NullMarked
package dev.trainer4j.testing;

import org.jspecify.annotations.NullMarked;
