// SPDX-License-Identifier: Apache-2.0
/**
 * What the kinds of architecture stand on: which tensors a model has and how they begin, the keys of its
 * configuration, and segments that are calls of kernels.
 *
 * <p>It knows no kind of architecture, and nothing of folders or of {@code PretrainedModel}. Its types are
 * public for the other packages of this module; programs have no need of them.
 */
@NullMarked
package dev.trainer4j.transformers.architecture;

import org.jspecify.annotations.NullMarked;
