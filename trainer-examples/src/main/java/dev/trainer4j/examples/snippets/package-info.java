// SPDX-License-Identifier: Apache-2.0
/**
 * What README and docs quote: each block of Java there equals a region of these files, from {@code
 * // docs: name} to {@code // end docs}. A test holds the two together, another one runs them.
 */
@NullMarked
package dev.trainer4j.examples.snippets;

import org.jspecify.annotations.NullMarked;
