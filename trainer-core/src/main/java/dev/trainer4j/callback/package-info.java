// SPDX-License-Identifier: Apache-2.0
/**
 * What may look on while a model trains, and what it may ask for.
 *
 * <p>Callbacks read immutable snapshots and ask through {@link
 * dev.trainer4j.callback.TrainerControl}; they never edit the loop. Ready-made ones are in the
 * module trainer-callbacks.
 */
@NullMarked
package dev.trainer4j.callback;

import org.jspecify.annotations.NullMarked;
