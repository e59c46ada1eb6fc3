// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import static dev.trainer4j.args.ValueType.TEXT;

import dev.trainer4j.args.ArgumentTableBuilder;

/** What every command that trains says alike of loading its model. */
final class ModelFlags {

  private static final String DTYPE =
      "weights are trained in float32; bf16 and fp16 mix precisions";

  private ModelFlags() {}

  /** Adds the rows, for arguments that have a {@code modelRevision}. */
  static <A, B> ArgumentTableBuilder<A, B> addTo(ArgumentTableBuilder<A, B> table) {
    return table
        .row("model_revision", TEXT, "branch, tag or commit of the model on the Hub")
        .never("dtype", DTYPE)
        .never("torch_dtype", DTYPE)
        .never("trust_remote_code", "code of the Hub is never run")
        .never("attn_implementation", "there is one implementation of attention");
  }
}
