// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** The two hashes by which the Hub knows files. */
final class FileHash {
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern SHA1 = Pattern.compile("[0-9a-f]{40}");
  private static final int BUFFER = 1 << 20;

  private FileHash() {}

  static boolean isSha256(String etag) {
    return SHA256.matcher(etag).matches();
  }

  static boolean isGitBlob(String etag) {
    return SHA1.matcher(etag).matches();
  }

  static MessageDigest sha256() {
    return digest("SHA-256");
  }

  /** Git hashes a file behind a header with its size. */
  static MessageDigest gitBlob(long size) {
    MessageDigest digest = digest("SHA-1");
    digest.update(("blob " + size + "\0").getBytes(StandardCharsets.US_ASCII));
    return digest;
  }

  static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Hashes the first bytes of a stream, which must be there. */
  static void update(MessageDigest digest, InputStream in, long count) throws IOException {
    byte[] buffer = new byte[BUFFER];
    long left = count;
    while (left > 0) {
      int read = in.read(buffer, 0, (int) Math.min(buffer.length, left));
      if (read < 0) {
        throw new IOException("the file became shorter while it was read");
      }
      digest.update(buffer, 0, read);
      left -= read;
    }
  }

  private static MessageDigest digest(String name) {
    try {
      return MessageDigest.getInstance(name);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has " + name, e);
    }
  }
}
