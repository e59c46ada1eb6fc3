// SPDX-License-Identifier: Apache-2.0

/** The commands {@code generate} and {@code chat}: a model, with or without an adapter, that writes. */
@NullMarked
package dev.trainer4j.cli.generate;

import org.jspecify.annotations.NullMarked;
