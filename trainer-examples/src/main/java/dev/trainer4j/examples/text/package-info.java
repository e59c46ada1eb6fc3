// SPDX-License-Identifier: Apache-2.0
/**
 * Fine-tuning of pretrained models of text. Each program takes the folder of a model from the Hub;
 * without one it makes a small model itself, so that it runs offline.
 */
@NullMarked
package dev.trainer4j.examples.text;

import org.jspecify.annotations.NullMarked;
