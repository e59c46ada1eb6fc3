// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint.pytorch;

import dev.trainer4j.checkpoint.Quoted;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** The entries of a zip file, each checked against its checksum before its bytes are used. */
final class ZipEntries implements AutoCloseable {
  /** torch stores tensors as they are; what is deflated must fit into memory. */
  private static final int MAX_INFLATED = 64 << 20;

  private static final int BUFFER = 1 << 20;

  private final FileChannel file;
  private final Map<String, ZipDirectory.Entry> entries;
  private final Set<String> checked = ConcurrentHashMap.newKeySet();
  private int inflated;

  private ZipEntries(FileChannel file, Map<String, ZipDirectory.Entry> entries) {
    this.file = file;
    this.entries = entries;
  }

  static ZipEntries open(Path path) throws IOException {
    FileChannel file = FileChannel.open(path, StandardOpenOption.READ);
    try {
      return new ZipEntries(file, ZipDirectory.read(file));
    } catch (Throwable e) {
      file.close();
      throw e;
    }
  }

  Set<String> names() {
    return entries.keySet();
  }

  /** Returns the unpacked length of an entry, -1 if there is none of that name. */
  long length(String name) {
    ZipDirectory.Entry entry = entries.get(name);
    return entry == null ? -1 : entry.length();
  }

  /** Reads a small entry whole. */
  byte[] bytes(String name, int maxLength) throws IOException {
    ZipDirectory.Entry entry = entry(name);
    if (entry.length() > maxLength) {
      throw new TorchFileException(
          Quoted.of(name) + " unpacks to " + entry.length() + " bytes, more than " + maxLength);
    }
    byte[] bytes = new byte[(int) entry.length()];
    view(name, 0, bytes.length).get(bytes);
    return bytes;
  }

  /** Returns up to 2 GiB of an entry, read-only: mapped, or unpacked if they are deflated. */
  ByteBuffer view(String name, long offset, long length) throws IOException {
    ZipDirectory.Entry entry = entry(name);
    requireInside(entry, offset, length);
    if (length > Integer.MAX_VALUE) {
      throw new TorchFileException(Quoted.of(name) + " has more bytes than one buffer holds");
    }
    if (entry.deflated()) {
      return inflate(entry).slice((int) offset, (int) length).order(ByteOrder.LITTLE_ENDIAN);
    }
    check(entry);
    return file.map(MapMode.READ_ONLY, entry.offset() + offset, length)
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Returns where the bytes of an entry lie, from the start of the file. */
  long position(String name) throws TorchFileException {
    return entry(name).offset();
  }

  private static void requireInside(ZipDirectory.Entry entry, long offset, long length)
      throws TorchFileException {
    if (offset < 0 || length < 0 || length > entry.length() - offset) {
      throw new TorchFileException(Quoted.of(entry.name()) + " ends before what is asked of it");
    }
  }

  boolean isDeflated(String name) throws TorchFileException {
    return entry(name).deflated();
  }

  /** Compares a stored entry with its checksum; once. */
  void check(String name) throws IOException {
    if (!isDeflated(name)) {
      check(entry(name));
    }
  }

  /** Fills a buffer from a stored entry of any length. */
  void read(String name, ByteBuffer target, long offset) throws IOException {
    ZipDirectory.Entry entry = entry(name);
    requireInside(entry, offset, target.remaining());
    readFully(file, target, entry.offset() + offset);
  }

  private ZipDirectory.Entry entry(String name) throws TorchFileException {
    ZipDirectory.Entry entry = entries.get(name);
    if (entry == null) {
      throw new TorchFileException("has no entry " + Quoted.of(name));
    }
    return entry;
  }

  private void check(ZipDirectory.Entry entry) throws IOException {
    if (checked.contains(entry.name())) {
      return;
    }
    CRC32 sum = new CRC32();
    ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(BUFFER, entry.length()));
    for (long at = 0; at < entry.length(); at += buffer.limit()) {
      buffer.clear().limit((int) Math.min(buffer.capacity(), entry.length() - at));
      readFully(file, buffer, entry.offset() + at);
      sum.update(buffer.flip());
    }
    requireChecksum(entry, sum);
    checked.add(entry.name());
  }

  private static void requireChecksum(ZipDirectory.Entry entry, CRC32 sum)
      throws TorchFileException {
    if ((int) sum.getValue() != entry.checksum()) {
      throw new TorchFileException(
          Quoted.of(entry.name())
              + " has changed, or was written without a checksum: its CRC-32 differs");
    }
  }

  private synchronized ByteBuffer inflate(ZipDirectory.Entry entry) throws IOException {
    // Over all entries together: a bomb may come in pieces.
    if (entry.length() > MAX_INFLATED - inflated || entry.stored() > MAX_INFLATED) {
      throw new TorchFileException(
          Quoted.of(entry.name()) + " unpacks to " + entry.length() + " bytes, which is refused");
    }
    inflated += (int) entry.length();
    ByteBuffer packed = ByteBuffer.allocate((int) entry.stored());
    readFully(file, packed, entry.offset());
    byte[] bytes = new byte[(int) entry.length()];
    Inflater inflater = new Inflater(true);
    try {
      inflater.setInput(packed.flip());
      int at = 0;
      while (at < bytes.length) {
        int count = inflater.inflate(bytes, at, bytes.length - at);
        if (count == 0) {
          throw new TorchFileException(Quoted.of(entry.name()) + " ends early");
        }
        at += count;
      }
      // One byte more tells whether it ends where it said.
      if (!inflater.finished() && inflater.inflate(new byte[1]) != 0) {
        throw new TorchFileException(Quoted.of(entry.name()) + " is longer than it says");
      }
    } catch (DataFormatException e) {
      throw new TorchFileException(Quoted.of(entry.name()) + " cannot be unpacked", e);
    } finally {
      inflater.end();
    }
    CRC32 sum = new CRC32();
    sum.update(bytes);
    requireChecksum(entry, sum);
    return ByteBuffer.wrap(bytes).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  static void readFully(FileChannel file, ByteBuffer target, long position) throws IOException {
    long at = position;
    while (target.hasRemaining()) {
      int count = file.read(target, at);
      if (count < 0) {
        throw new TorchFileException("became shorter while it was read");
      }
      at += count;
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
