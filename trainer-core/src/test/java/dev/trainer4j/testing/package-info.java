// SPDX-License-Identifier: Apache-2.0
/** A tiny model, its data and ways to look at a run, for tests of every package. */
package dev.trainer4j.testing;
