// SPDX-License-Identifier: Apache-2.0

/** The command {@code sft}: TRL's script of supervised fine-tuning. */
@NullMarked
package dev.trainer4j.cli.sft;

import org.jspecify.annotations.NullMarked;
