// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Damages text files the way an attacker or a bad disk does; the same damage for the same seed. */
public final class Mutations {
  private static final List<String> TOKENS =
      List.of(
          "{",
          "}",
          "[",
          "]",
          ",",
          ":",
          "\"",
          "-1",
          "0",
          "1e9",
          "9223372036854775807",
          "null",
          "18446744073709551616",
          "true",
          "\\ud800",
          "\\u0000",
          "..",
          "/",
          "NaN",
          "1.5",
          "\"a\"");

  private final Random random;

  /** Makes the damage of a seed. */
  public Mutations(long seed) {
    random = new Random(seed);
  }

  /** Returns a damaged copy. */
  public byte[] mutate(byte[] original) {
    byte[] bytes = original;
    for (int i = random.nextInt(3); i >= 0; i--) {
      bytes = once(bytes);
    }
    return bytes;
  }

  private byte[] once(byte[] bytes) {
    if (bytes.length == 0) {
      return new byte[] {(byte) random.nextInt()};
    }
    int at = random.nextInt(bytes.length);
    int end = at + random.nextInt(Math.min(20, bytes.length - at + 1));
    return switch (random.nextInt(6)) {
      case 0 -> flip(bytes, at);
      case 1 -> Arrays.copyOf(bytes, at);
      case 2 -> replace(bytes, at, end, new byte[0]);
      case 3 -> replace(bytes, at, at, Arrays.copyOfRange(bytes, at, end));
      case 4 -> replace(bytes, at, at, token());
      default -> replace(bytes, at, end, token());
    };
  }

  private byte[] token() {
    return TOKENS.get(random.nextInt(TOKENS.size())).getBytes(StandardCharsets.UTF_8);
  }

  private byte[] flip(byte[] bytes, int at) {
    byte[] copy = bytes.clone();
    copy[at] ^= (byte) (1 << random.nextInt(8));
    return copy;
  }

  private static byte[] replace(byte[] bytes, int from, int to, byte[] inserted) {
    byte[] result = Arrays.copyOf(bytes, bytes.length - (to - from) + inserted.length);
    System.arraycopy(inserted, 0, result, from, inserted.length);
    System.arraycopy(bytes, to, result, from + inserted.length, bytes.length - to);
    return result;
  }
}
