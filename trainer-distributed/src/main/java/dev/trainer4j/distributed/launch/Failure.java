// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What ended a job before its time.
 *
 * @param rank that failed first; empty if it is not a rank's failure, or nobody knows whose
 * @param cause in a few words, such as {@code exit code 1} or {@code signal 9 (Killed)}
 * @param lines what the rank wrote last to stderr, or what whoever started the ranks said
 */
public record Failure(OptionalInt rank, String cause, List<String> lines) {

  private static final Pattern BY_SIGNAL =
      Pattern.compile(
          "process rank (\\d+) with PID \\d+ on node \\S+ exited on\\s+signal (\\d+)"
              + " \\(([^)]*)\\)");
  private static final Pattern BY_CODE =
      Pattern.compile("Process name: \\[\\[\\d+,\\d+],(\\d+)]\\s+Exit code:\\s+(\\d+)");
  private static final Pattern BY_ABORT =
      Pattern.compile(
          "MPI_ABORT was invoked on rank (\\d+) in communicator .*?\\s+with errorcode (\\d+)");
  private static final Pattern BY_SLURM = Pattern.compile("srun: error: \\S+ task (\\d+): (.*)");

  public Failure {
    lines = List.copyOf(lines);
  }

  /** Reads who failed first from what a starter said. */
  static Failure of(int code, boolean single, RankOutput output) {
    List<String> said = output.kept(LineDecoder.NO_RANK, RankOutput.Channel.STDERR);
    String text = String.join("\n", said);
    if (single) {
      return ofRank(0, code > 128 ? "signal " + (code - 128) : "exit code " + code, output);
    }
    return find(BY_ABORT, text, match -> "exit code " + match.group(2), output)
        .or(
            () ->
                find(
                    BY_SIGNAL,
                    text,
                    match -> "signal " + match.group(2) + " (" + match.group(3) + ")",
                    output))
        .or(() -> find(BY_CODE, text, match -> "exit code " + match.group(2), output))
        .or(() -> find(BY_SLURM, text, match -> match.group(2), output))
        .orElseGet(() -> new Failure(OptionalInt.empty(), "exit code " + code, said));
  }

  /** How a match says the cause. */
  private interface Wording {
    String of(Matcher match);
  }

  private static Optional<Failure> find(
      Pattern pattern, String text, Wording wording, RankOutput output) {
    Matcher match = pattern.matcher(text);
    return match.find()
        ? Optional.of(ofRank(Integer.parseInt(match.group(1)), wording.of(match), output))
        : Optional.empty();
  }

  private static Failure ofRank(int rank, String cause, RankOutput output) {
    return new Failure(OptionalInt.of(rank), cause, output.kept(rank, RankOutput.Channel.STDERR));
  }

  /** Says it in one line. */
  String summary() {
    return rank.isPresent()
        ? "rank " + rank.getAsInt() + " failed first, with " + cause
        : "the job failed: " + cause;
  }
}
