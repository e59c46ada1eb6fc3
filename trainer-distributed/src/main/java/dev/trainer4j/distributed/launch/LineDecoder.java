// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import dev.trainer4j.distributed.launch.JobPlan.Starter;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Takes the one stream that a starter makes of the output of all ranks apart again.
 *
 * <p>Open MPI puts a tag before each piece that it got from a rank, also within a line, so that lines of several ranks come mixed; a
 * line is whole when its own rank ends it. Slurm puts a label before whole lines.
 */
final class LineDecoder {

  /** What the starter itself says. */
  static final int NO_RANK = -1;

  private static final Pattern OPEN_MPI =
      Pattern.compile("\\[\\d{1,9},(\\d{1,6})]<std(?:out|err)>:");
  private static final Pattern SLURM = Pattern.compile(" {0,6}(\\d{1,6}): ");

  /** A line that never ends is given out in pieces. */
  private static final int MAX_LINE = 1 << 20;

  /** Gets whole lines. */
  interface Lines {
    void accept(int rank, String line);
  }

  private final Starter starter;
  private final Lines lines;
  private final TreeMap<Integer, ByteArrayOutputStream> unfinished = new TreeMap<>();
  private final StringBuilder tag = new StringBuilder();
  private int rank;
  private boolean lineStart = true;

  LineDecoder(Starter starter, Lines lines) {
    this.starter = starter;
    this.lines = lines;
    rank = ofUntagged();
  }

  private int ofUntagged() {
    return starter == Starter.SELF ? 0 : NO_RANK;
  }

  void feed(byte[] bytes, int count) {
    for (int i = 0; i < count; i++) {
      next(bytes[i]);
    }
  }

  private void next(byte value) {
    char character = (char) (value & 0xff);
    boolean mayBegin =
        switch (starter) {
          case SELF -> false;
          case MPIRUN -> character == '[';
          case SRUN -> lineStart && (character == ' ' || Character.isDigit(character));
        };
    if (tag.length() > 0) {
      tag.append(character);
      Matcher matcher = (starter == Starter.SRUN ? SLURM : OPEN_MPI).matcher(tag);
      if (matcher.matches()) {
        rank = Integer.parseInt(matcher.group(1));
        tag.setLength(0);
        lineStart = false;
        return;
      }
      if (matcher.hitEnd()) {
        return;
      }
      tag.setLength(tag.length() - 1);
      writeTag();
    }
    if (mayBegin) {
      tag.append(character);
    } else {
      write(value);
    }
  }

  /** It was no tag, but text. */
  private void writeTag() {
    for (int i = 0; i < tag.length(); i++) {
      write((byte) tag.charAt(i));
    }
    tag.setLength(0);
  }

  private void write(byte value) {
    ByteArrayOutputStream line =
        unfinished.computeIfAbsent(rank, key -> new ByteArrayOutputStream());
    lineStart = value == '\n';
    if (value != '\n') {
      line.write(value);
    }
    if (value == '\n' || line.size() >= MAX_LINE) {
      give(rank, line);
    }
    if (value == '\n') {
      rank = ofUntagged();
    }
  }

  private void give(int of, ByteArrayOutputStream line) {
    String text = line.toString(StandardCharsets.UTF_8);
    line.reset();
    lines.accept(of, text.endsWith("\r") ? text.substring(0, text.length() - 1) : text);
  }

  /** Gives out what has no end of line. */
  void end() {
    writeTag();
    unfinished.forEach(
        (of, line) -> {
          if (line.size() > 0) {
            give(of, line);
          }
        });
  }
}
