// SPDX-License-Identifier: Apache-2.0
/**
 * The arguments of a run: one flat, immutable {@link dev.trainer4j.args.TrainingArguments} with the names of Hugging Face's
 * {@code TrainingArguments} in camelCase, checked as a whole, read from and written to JSON, YAML and the command line. This
 * package knows values and rules only: nothing of models, tensors, devices or the loop that obeys them.
 */
@NullMarked
package dev.trainer4j.args;

import org.jspecify.annotations.NullMarked;
