// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.file;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** The few lines of text that a clone of a repository holds in place of a large file, until Git LFS is asked for it. */
public final class GitLfsPointer {

  /** What such a file is, as the end of a sentence that begins with its name. */
  public static final String PROBLEM =
      "is a pointer of Git LFS, not the file itself: run git lfs pull in its folder";

  private static final byte[] START = "version https://git-lfs".getBytes(StandardCharsets.US_ASCII);

  /** How many bytes {@link #isOne} wants to see. */
  public static final int LENGTH = START.length;

  private GitLfsPointer() {}

  /** Returns whether a file is a pointer. */
  public static boolean isOne(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return isOne(in.readNBytes(LENGTH));
    }
  }

  /** Returns whether a file that begins with these bytes is a pointer. */
  public static boolean isOne(byte[] start) {
    return start.length >= LENGTH && Arrays.equals(start, 0, LENGTH, START, 0, LENGTH);
  }
}
