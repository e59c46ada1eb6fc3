// SPDX-License-Identifier: Apache-2.0
/**
 * The only door to libtorch: kernels written as TorchScript, gradients, seeds and array scopes.
 *
 * <p>It knows arrays and nothing of training; no other package of the core may touch {@code
 * ai.djl.pytorch}.
 */
@NullMarked
package dev.trainer4j.torch;

import org.jspecify.annotations.NullMarked;
