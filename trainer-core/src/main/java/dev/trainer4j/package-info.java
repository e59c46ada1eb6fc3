// SPDX-License-Identifier: Apache-2.0
/** Trainer4J. */
@org.jspecify.annotations.NullMarked
package dev.trainer4j;
