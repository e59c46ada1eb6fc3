// SPDX-License-Identifier: Apache-2.0

/** The commands {@code convert}, {@code merge-adapter} and {@code quantize}: from a folder of a model to another one, whole or not at all. */
@NullMarked
package dev.trainer4j.cli.folder;

import org.jspecify.annotations.NullMarked;
