// SPDX-License-Identifier: Apache-2.0
/**
 * What a run says: log lines, its first and last words, and the callbacks that {@code reportTo} names.
 */
@NullMarked
package dev.trainer4j.report;

import org.jspecify.annotations.NullMarked;
