// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint.pytorch;

import dev.trainer4j.file.GitLfsPointer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** What the first bytes of a file say that is no zip file, so that the message can help. */
final class TorchFileStart {
  /** A pickle of protocol 2 that holds torch's magic number, 0x1950a86a20f9469cfc6c. */
  private static final byte[] LEGACY = {
    (byte) 0x80,
    2,
    (byte) 0x8a,
    10,
    0x6c,
    (byte) 0xfc,
    (byte) 0x9c,
    0x46,
    (byte) 0xf9,
    0x20,
    0x6a,
    (byte) 0xa8,
    0x50,
    0x19,
    '.'
  };

  private static final int LENGTH = Math.max(LEGACY.length, GitLfsPointer.LENGTH);

  private TorchFileStart() {}

  static void refuseOtherFormats(Path path) throws IOException {
    byte[] start;
    try (InputStream in = Files.newInputStream(path)) {
      start = in.readNBytes(LENGTH);
    }
    if (startsWith(start, LEGACY)) {
      throw new TorchFileException(
          "is in the format of torch before 1.6, which is not read. Convert it once in Python:"
              + " torch.save(torch.load(f, weights_only=True), f)");
    }
    if (GitLfsPointer.isOne(start)) {
      throw new TorchFileException(GitLfsPointer.PROBLEM);
    }
  }

  private static boolean startsWith(byte[] bytes, byte[] prefix) {
    return bytes.length >= prefix.length
        && Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
  }
}
