// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.predict;

/**
 * A part of a text that has a label.
 *
 * @param label the type, such as {@code PER}; with {@link Aggregation#NONE} the label of the token, such as {@code
 *     B-PER}
 * @param score how likely it is, from 0 to 1
 * @param text {@code input.substring(start, end)}
 * @param start its first char
 * @param end the char behind its last one
 */
public record Entity(String label, double score, String text, int start, int end) {}
