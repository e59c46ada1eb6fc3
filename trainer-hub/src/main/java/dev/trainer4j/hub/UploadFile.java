// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A file to be pushed: as many bytes as it had when it was looked at, since logs grow meanwhile. */
final class UploadFile {
  private static final int SAMPLE = 512;

  private final String path;
  private final long size;
  private final @Nullable Path file;
  private final byte @Nullable [] bytes;
  private @Nullable String sha256;

  private UploadFile(
      String path,
      long size,
      @Nullable Path file,
      byte @Nullable [] bytes,
      @Nullable String sha256) {
    this.path = path;
    this.size = size;
    this.file = file;
    this.bytes = bytes;
    this.sha256 = sha256;
  }

  static UploadFile of(String path, Path file) throws IOException {
    return new UploadFile(path, Files.size(file), file, null, null);
  }

  static UploadFile of(String path, byte[] bytes) {
    return new UploadFile(path, bytes.length, null, bytes, null);
  }

  /** Returns its name in the repository. */
  String path() {
    return path;
  }

  long size() {
    return size;
  }

  /** The same file under another name. */
  synchronized UploadFile at(String other) {
    return new UploadFile(other, size, file, bytes, sha256);
  }

  /** The same file, whose hash somebody knows; storage will check it. */
  UploadFile withSha256(String known) {
    return new UploadFile(path, size, file, bytes, known);
  }

  /** Opens a part of it. */
  InputStream open(long from, long count) throws IOException {
    if (bytes != null) {
      return new ByteArrayInputStream(bytes, (int) from, (int) count);
    }
    FileChannel channel = FileChannel.open(Objects.requireNonNull(file), StandardOpenOption.READ);
    return new Part(Channels.newInputStream(channel.position(from)), count);
  }

  /** The begin, from which the Hub tells text from data. */
  byte[] sample() throws IOException {
    return read(Math.min(SAMPLE, size));
  }

  byte[] content() throws IOException {
    return read(size);
  }

  private byte[] read(long count) throws IOException {
    try (InputStream in = open(0, count)) {
      return in.readNBytes(Math.toIntExact(count));
    }
  }

  synchronized String sha256() throws IOException {
    String known = sha256;
    if (known == null) {
      known = hash(FileHash.sha256());
      sha256 = known;
    }
    return known;
  }

  String gitBlob() throws IOException {
    return hash(FileHash.gitBlob(size));
  }

  private String hash(MessageDigest digest) throws IOException {
    try (InputStream in = open(0, size)) {
      FileHash.update(digest, in, size);
    }
    return FileHash.hex(digest);
  }

  /** So many bytes of a stream, which must be there. */
  private final class Part extends InputStream {
    private final InputStream in;
    private long left;

    Part(InputStream in, long count) {
      this.in = in;
      left = count;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int from, int count) throws IOException {
      if (left == 0) {
        return -1;
      }
      int read = in.read(buffer, from, (int) Math.min(count, left));
      if (read < 0) {
        throw new IOException(file + " became shorter while it was pushed");
      }
      left -= read;
      return read;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
