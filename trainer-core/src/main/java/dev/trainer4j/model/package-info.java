// SPDX-License-Identifier: Apache-2.0
/**
 * What the trainer trains: a forward pass by named arrays, with parameters that can be saved.
 *
 * <p>Adapters make one of a DJL block, a TorchScript file or a function; optimization is not its business.
 */
@NullMarked
package dev.trainer4j.model;

import org.jspecify.annotations.NullMarked;
