// SPDX-License-Identifier: Apache-2.0
/** The steps of {@code VerifyGpu}: what a GPU must show before one trains on it. */
@NullMarked
package dev.trainer4j.examples.gpu;

import org.jspecify.annotations.NullMarked;
