// SPDX-License-Identifier: Apache-2.0

/**
 * The commands {@code inspect} and {@code compare}: what is known of folders and runs without reading their tensors, in the terminal,
 * as JSON, and as a page. No class of libtorch is loaded.
 */
@NullMarked
package dev.trainer4j.cli.inspect;

import org.jspecify.annotations.NullMarked;
