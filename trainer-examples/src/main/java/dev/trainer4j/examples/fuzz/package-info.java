// SPDX-License-Identifier: Apache-2.0
/**
 * Hostile files against everything that reads files: whatever a folder from somewhere holds, the answer is
 * a result or an exception that names the file, never the end of the process, a hang or a bare exception.
 */
@NullMarked
package dev.trainer4j.examples.fuzz;

import org.jspecify.annotations.NullMarked;
