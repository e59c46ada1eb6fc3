// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** A text that two datasets share only if they have the same rows in the same order. */
final class RowDigest {

  private static final int CHUNK = 1024;

  /** Nothing that a template could render is nested as deeply; rows that contain themselves are. */
  private static final int DEEPEST = 200;

  private final MessageDigest digest = sha256();

  private RowDigest() {}

  /** Digests rows, on the threads of the pool that calls it. */
  static String of(long size, LongFunction<? extends @Nullable Object> rows) {
    MessageDigest all = sha256();
    LongStream.range(0, (size + CHUNK - 1) / CHUNK)
        .parallel()
        .mapToObj(chunk -> chunk(chunk * CHUNK, Math.min(size, (chunk + 1) * CHUNK), rows))
        .toList()
        .forEach(all::update);
    return HexFormat.of().formatHex(all.digest());
  }

  private static byte[] chunk(long from, long to, LongFunction<? extends @Nullable Object> rows) {
    RowDigest chunk = new RowDigest();
    for (long i = from; i < to; i++) {
      chunk.add(rows.apply(i), 0);
    }
    return chunk.digest.digest();
  }

  private void add(@Nullable Object value, int depth) {
    if (value instanceof Map<?, ?> map && depth < DEEPEST) {
      begin('m', map.size());
      map.forEach(
          (key, entry) -> {
            add(key, depth + 1);
            add(entry, depth + 1);
          });
    } else if (value instanceof List<?> list && depth < DEEPEST) {
      begin('l', list.size());
      list.forEach(entry -> add(entry, depth + 1));
    } else if (value instanceof int[] ints) {
      text('i', Arrays.toString(ints));
    } else if (value instanceof long[] longs) {
      text('j', Arrays.toString(longs));
    } else if (value instanceof String string) {
      text('s', string);
    } else if (value instanceof Number || value instanceof Boolean) {
      text('n', value.getClass().getName() + value);
    } else {
      // Of such a value no tokens are made.
      text('o', value == null ? "null" : value.getClass().getName());
    }
  }

  private void text(char kind, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    begin(kind, bytes.length);
    digest.update(bytes);
  }

  private void begin(char kind, int length) {
    digest.update(ByteBuffer.allocate(6).putChar(kind).putInt(length).flip());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new LinkageError("every Java has SHA-256", e);
    }
  }
}
