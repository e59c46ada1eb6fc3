// SPDX-License-Identifier: Apache-2.0
/**
 * Makes samples of texts that are labelled below the level of a text: words, and answers within a context. Each class does what one of
 * Hugging Face's example scripts does between its rows and its tokens. It knows tokenizers and metrics, nothing of models.
 */
@NullMarked
package dev.trainer4j.transformers.prepare;

import org.jspecify.annotations.NullMarked;
