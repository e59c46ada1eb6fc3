// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The names of checkpoint folders, and of the folders that a commit or a deletion passes through.
 *
 * <p>A transient name starts with a dot and can never be read as a checkpoint. It ends with the
 * process and a random part, so that nobody's leftovers stand in the way.
 *
 * @param step the step of the checkpoint
 * @param stage what the folder was on its way to
 */
record CheckpointName(long step, Stage stage) {
  /** How a transient folder came about. */
  enum Stage {
    /** Being written: of no use after a crash. */
    TMP,
    /** Set aside while a new checkpoint takes its name: the only copy if the crash came there. */
    OLD,
    /** Being deleted. */
    TRASH
  }

  // No leading zeros: two folders must not claim one step.
  private static final String STEP = "checkpoint-(0|[1-9][0-9]{0,18})";
  private static final Pattern COMMITTED = Pattern.compile(STEP);
  private static final Pattern TRANSIENT =
      Pattern.compile("\\." + STEP + "\\.(tmp|old|trash)-[0-9]+-[0-9a-f]{8}");

  static String committed(long step) {
    return "checkpoint-" + step;
  }

  static Path newTransient(Path outputDir, long step, Stage stage) {
    return outputDir.resolve(
        ".%s.%s-%d-%s"
            .formatted(
                committed(step),
                stage.name().toLowerCase(Locale.ROOT),
                ProcessHandle.current().pid(),
                UUID.randomUUID().toString().substring(0, 8)));
  }

  /** The step, if this is the name of a committed checkpoint. */
  static OptionalLong stepOf(Path folder) {
    Path name = folder.getFileName();
    Matcher matcher = COMMITTED.matcher(name == null ? "" : name.toString());
    return matcher.matches() ? parse(matcher.group(1)) : OptionalLong.empty();
  }

  /** What the folder is, if its name is one that this package gave it in passing. */
  static Optional<CheckpointName> transientOf(Path folder) {
    Matcher matcher = TRANSIENT.matcher(folder.getFileName().toString());
    if (!matcher.matches()) {
      return Optional.empty();
    }
    OptionalLong step = parse(matcher.group(1));
    Stage stage = Stage.valueOf(matcher.group(2).toUpperCase(Locale.ROOT));
    return step.isPresent()
        ? Optional.of(new CheckpointName(step.getAsLong(), stage))
        : Optional.empty();
  }

  private static OptionalLong parse(String digits) {
    try {
      return OptionalLong.of(Long.parseLong(digits));
    } catch (NumberFormatException e) {
      return OptionalLong.empty(); // 19 digits reach past the range of a long.
    }
  }
}
