// SPDX-License-Identifier: Apache-2.0
/**
 * Chat templates, rendered as Hugging Face's tokenizers render them: same text, same errors, same
 * spans of {@code generation} blocks.
 *
 * <p>{@link dev.trainer4j.jinja.ChatTemplate} is the door. Behind it, {@code Lexer} and {@code Parser}
 * make a tree of {@code Expr} and {@code Stmt}, {@code Scope} gives each name its slot once, and
 * rendering walks the tree. Values are those of Python, in few Java types: {@code None}, {@code
 * Boolean}, {@code Long}, {@code BigInteger}, {@code Double}, {@code String}, {@code Markup}, {@code
 * PyList}, {@code PyDict}. A template sees copies, and nothing here calls a method by reflection.
 */
@NullMarked
package dev.trainer4j.jinja;

import org.jspecify.annotations.NullMarked;
