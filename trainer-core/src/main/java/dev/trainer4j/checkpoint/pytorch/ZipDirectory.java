// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint.pytorch;

import dev.trainer4j.checkpoint.Quoted;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The checked table of contents of a zip file: which entries there are, and where their bytes lie.
 *
 * <p>The JDK's reader keeps the whole directory of a hostile file in memory, takes duplicate names
 * and does not tell where bytes lie, which is what reading tensors of any length needs.
 * Commons Compress tells where they lie, but sets no bound to the directory, takes duplicate names and
 * overlaps, and compares no checksums: what it would save is the parsing alone.
 */
final class ZipDirectory {
  private static final int END = 0x06054b50;
  private static final int END_64 = 0x06064b50;
  private static final int LOCATOR_64 = 0x07064b50;
  private static final int CENTRAL = 0x02014b50;
  private static final int LOCAL = 0x04034b50;

  private static final int END_LENGTH = 22;
  private static final int LOCATOR_LENGTH = 20;
  private static final int END_64_LENGTH = 56;
  private static final int CENTRAL_LENGTH = 46;
  private static final int LOCAL_LENGTH = 30;
  private static final int MAX_COMMENT = 0xffff;

  /** A directory of hundreds of thousands of tensors. */
  private static final long MAX_LENGTH = 64L << 20;

  private static final int ENCRYPTED = 1;
  private static final int STORED = 0;
  private static final int DEFLATED = 8;

  /**
   * An entry.
   *
   * @param offset of its first byte in the file
   * @param stored its length in the file
   * @param length its length once unpacked; the same unless it is deflated
   */
  record Entry(
      String name, boolean deflated, long offset, long stored, long length, int checksum) {}

  private final FileChannel file;
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private long directoryStart;

  private ZipDirectory(FileChannel file) {
    this.file = file;
  }

  /** Returns the entries by name. */
  static Map<String, Entry> read(FileChannel file) throws IOException {
    ZipDirectory directory = new ZipDirectory(file);
    directory.readEntries(directory.locate());
    directory.refuseOverlaps();
    return directory.entries;
  }

  /** Finds and reads the bytes of the directory. */
  private ByteBuffer locate() throws IOException {
    long size = file.size();
    int tailLength = (int) Math.min(size, END_LENGTH + MAX_COMMENT);
    ByteBuffer tail = read(size - tailLength, tailLength);
    int at = tailLength - END_LENGTH;
    while (at >= 0
        && !(tail.getInt(at) == END
            && Short.toUnsignedInt(tail.getShort(at + 20)) == tailLength - END_LENGTH - at)) {
      at--;
    }
    if (at < 0) {
      throw new TorchFileException("is not a zip file, as torch.save writes it, or is truncated");
    }
    long end = size - tailLength + at;
    long length = Integer.toUnsignedLong(tail.getInt(at + 12));
    long start = Integer.toUnsignedLong(tail.getInt(at + 16));
    long before = end;
    if (end >= LOCATOR_LENGTH + END_64_LENGTH) {
      ByteBuffer locator = read(end - LOCATOR_LENGTH, LOCATOR_LENGTH);
      if (locator.getInt(0) == LOCATOR_64) {
        before = locator.getLong(8);
        if (before < 0 || before > end - LOCATOR_LENGTH - END_64_LENGTH) {
          throw damaged("the end of its directory is not where it should be");
        }
        ByteBuffer end64 = read(before, END_64_LENGTH);
        if (end64.getInt(0) != END_64) {
          throw damaged("the end of its directory is not where it should be");
        }
        length = end64.getLong(40);
        start = end64.getLong(48);
      }
    }
    if (start < 0 || length < 0 || length > MAX_LENGTH || start > before - length) {
      throw damaged("its directory of " + length + " bytes at " + start + " is not in it");
    }
    directoryStart = start;
    return read(start, (int) length);
  }

  private void readEntries(ByteBuffer directory) throws IOException {
    while (directory.hasRemaining()) {
      if (directory.remaining() < CENTRAL_LENGTH
          || directory.getInt(directory.position()) != CENTRAL) {
        throw damaged("its directory holds something that is not an entry");
      }
      int at = directory.position();
      int nameLength = Short.toUnsignedInt(directory.getShort(at + 28));
      int extraLength = Short.toUnsignedInt(directory.getShort(at + 30));
      int commentLength = Short.toUnsignedInt(directory.getShort(at + 32));
      if (directory.remaining() - CENTRAL_LENGTH < nameLength + extraLength + commentLength) {
        throw damaged("its directory ends within an entry");
      }
      byte[] name = new byte[nameLength];
      directory.get(at + CENTRAL_LENGTH, name);
      ByteBuffer extra =
          directory
              .slice(at + CENTRAL_LENGTH + nameLength, extraLength)
              .order(ByteOrder.LITTLE_ENDIAN);
      Entry entry =
          entry(directory, at, new String(name, StandardCharsets.UTF_8), new Extra(extra));
      if (entries.put(entry.name(), entry) != null) {
        throw damaged("it holds " + Quoted.of(entry.name()) + " twice");
      }
      directory.position(at + CENTRAL_LENGTH + nameLength + extraLength + commentLength);
    }
  }

  private Entry entry(ByteBuffer directory, int at, String name, Extra extra) throws IOException {
    int flags = directory.getShort(at + 8);
    int method = Short.toUnsignedInt(directory.getShort(at + 10));
    if ((flags & ENCRYPTED) != 0 || (method != STORED && method != DEFLATED)) {
      throw damaged(
          Quoted.of(name)
              + " is encrypted or compressed by a method other than deflate: "
              + method);
    }
    int checksum = directory.getInt(at + 16);
    // In this order, each only if its place of 32 bits is full.
    long length = extra.orLong(directory.getInt(at + 24));
    long stored = extra.orLong(directory.getInt(at + 20));
    long header = extra.orLong(directory.getInt(at + 42));
    if (method == STORED && stored != length) {
      throw damaged(Quoted.of(name) + " is not compressed and has two lengths");
    }
    if (length < 0 || stored < 0 || header < 0 || header > directoryStart - LOCAL_LENGTH) {
      throw damaged(Quoted.of(name) + " lies outside of the file");
    }
    ByteBuffer local = read(header, LOCAL_LENGTH);
    if (local.getInt(0) != LOCAL || Short.toUnsignedInt(local.getShort(8)) != method) {
      throw damaged(Quoted.of(name) + " is not where the directory says");
    }
    long offset =
        header
            + LOCAL_LENGTH
            + Short.toUnsignedInt(local.getShort(26))
            + Short.toUnsignedInt(local.getShort(28));
    if (offset > directoryStart || stored > directoryStart - offset) {
      throw damaged(Quoted.of(name) + " lies outside of the file");
    }
    return new Entry(name, method == DEFLATED, offset, stored, length, checksum);
  }

  /** Entries that share bytes are how a small file unpacks to a huge one. */
  private void refuseOverlaps() throws TorchFileException {
    List<Entry> sorted = new ArrayList<>(entries.values());
    sorted.sort(Comparator.comparingLong(Entry::offset).thenComparingLong(Entry::stored));
    long end = 0;
    for (Entry entry : sorted) {
      if (entry.offset() < end) {
        throw damaged(Quoted.of(entry.name()) + " overlaps the entry before it");
      }
      end = entry.offset() + entry.stored();
    }
  }

  private ByteBuffer read(long position, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    ZipEntries.readFully(file, bytes, position);
    return bytes.flip();
  }

  private static TorchFileException damaged(String problem) {
    return new TorchFileException("is a damaged zip file: " + problem);
  }

  /** The extra field of an entry, from which lengths of 64 bits are taken in turn. */
  private static final class Extra {
    private static final int ZIP_64 = 1;

    private ByteBuffer rest = ByteBuffer.allocate(0);

    Extra(ByteBuffer fields) {
      while (fields.remaining() >= 4) {
        int id = Short.toUnsignedInt(fields.getShort());
        int length = Math.min(Short.toUnsignedInt(fields.getShort()), fields.remaining());
        if (id == ZIP_64) {
          rest = fields.slice(fields.position(), length).order(ByteOrder.LITTLE_ENDIAN);
        }
        fields.position(fields.position() + length);
      }
    }

    long orLong(int value) throws TorchFileException {
      if (value != -1) {
        return Integer.toUnsignedLong(value);
      }
      if (rest.remaining() < Long.BYTES) {
        throw damaged("an entry lacks its length of 64 bits");
      }
      return rest.getLong();
    }
  }
}
