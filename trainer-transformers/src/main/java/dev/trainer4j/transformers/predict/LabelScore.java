// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.predict;

/**
 * A label and how likely it is.
 *
 * @param label its name in {@code id2label} of {@code config.json}
 * @param index its number
 * @param score from 0 to 1
 */
public record LabelScore(String label, int index, double score) {}
