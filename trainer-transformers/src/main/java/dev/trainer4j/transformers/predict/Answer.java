// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.predict;

/**
 * A part of a context that answers a question.
 *
 * @param text {@code context.substring(start, end)}; empty if the model says that the context holds no answer
 * @param score how likely it is, from 0 to 1: the product of the probabilities of its first and its last token
 * @param start its first char
 * @param end the char behind its last one
 */
public record Answer(String text, double score, int start, int end) {}
