// SPDX-License-Identifier: Apache-2.0
/**
 * Programs to read and run, one idea each. They use the public API only; nothing may depend on them.
 */
@NullMarked
package dev.trainer4j.examples;

import org.jspecify.annotations.NullMarked;
