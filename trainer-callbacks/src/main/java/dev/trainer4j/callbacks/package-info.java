// SPDX-License-Identifier: Apache-2.0
/**
 * Ready-made callbacks, one per file: what people watch while a model trains, and when it stops.
 *
 * <p>They use nothing but what {@code dev.trainer4j.callback} gives to every callback.
 */
@NullMarked
package dev.trainer4j.callbacks;

import org.jspecify.annotations.NullMarked;
