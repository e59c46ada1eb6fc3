// SPDX-License-Identifier: Apache-2.0
/**
 * Training of text embeddings: an encoder whose pooled vectors are near for texts that belong together.
 *
 * <p>What a trained folder says of pooling is in {@code predict}, whose {@code TextEmbedder} reads it.
 */
@NullMarked
package dev.trainer4j.transformers.embedding;

import org.jspecify.annotations.NullMarked;
