// SPDX-License-Identifier: Apache-2.0
/**
 * Signals that ask a process to end, shared by all trainers of a JVM.
 */
@NullMarked
package dev.trainer4j.signal;

import org.jspecify.annotations.NullMarked;
