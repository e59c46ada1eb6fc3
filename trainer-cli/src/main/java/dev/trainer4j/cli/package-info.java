// SPDX-License-Identifier: Apache-2.0

/** The program {@code trainer}: one class per command, each of which only says in flags what the libraries do. */
@NullMarked
package dev.trainer4j.cli;

import org.jspecify.annotations.NullMarked;
