// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import static dev.trainer4j.args.ValueType.FLAG;
import static dev.trainer4j.args.ValueType.TEXT;

import dev.trainer4j.args.ArgumentProblems;
import dev.trainer4j.args.ArgumentTableBuilder;
import org.immutables.value.Value;
import org.jspecify.annotations.Nullable;

/** What becomes of an earlier run in the output folder, and whether this one is only looked at: flags of every command that trains. */
public interface EarlierRun {

  /** A checkpoint to go on from. */
  @Nullable String resumeFromCheckpoint();

  /** Whether checkpoints of another run are deleted. */
  @Value.Default
  default boolean overwriteOutputDir() {
    return false;
  }

  /** Whether only the plan is printed. */
  @Value.Default
  default boolean dryRun() {
    return false;
  }

  /** Adds the rows of these arguments. */
  static <A extends EarlierRun, B> ArgumentTableBuilder<A, B> addTo(
      ArgumentTableBuilder<A, B> table) {
    return table
        .row(
            "resume_from_checkpoint",
            TEXT,
            "a checkpoint to go on from; 'true' means the newest of output_dir")
        .row("overwrite_output_dir", FLAG, "begin anew and delete the checkpoints of output_dir")
        .ours("dry_run", FLAG, "print what would be done, and do and write nothing");
  }

  /** Says what does not go together. */
  static void check(EarlierRun args, ArgumentProblems problems) {
    problems.check(
        args.overwriteOutputDir() && args.resumeFromCheckpoint() != null,
        "overwrite_output_dir",
        "false beside resume_from_checkpoint, whose checkpoint it would delete",
        "Give one of the two");
  }
}
