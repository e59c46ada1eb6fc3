// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;

/** Blocks of a file of token ids. */
final class TokenFile implements Dataset<Map<String, Object>> {

  private final Path path;
  private final MappedFile file;
  private final TokenType type;
  private final int blockSize;

  private TokenFile(Path path, MappedFile file, TokenType type, int blockSize) {
    this.path = path;
    this.file = file;
    this.type = type;
    this.blockSize = blockSize;
  }

  static TokenFile open(Path path, TokenType type, int blockSize) {
    DataFile.requireNoFolder(path);
    try {
      DataFile.requireNoPointer(path);
      return open(path, MappedFile.open(path), type, blockSize);
    } catch (IOException e) {
      throw DataFile.unreadable(path, e);
    }
  }

  static TokenFile open(Path path, MappedFile file, TokenType type, int blockSize) {
    TokenBlocks.requireSize(blockSize);
    if (file.size() % type.bytes != 0) {
      throw new DataException(
          path + " has " + file.size() + " bytes, which are no whole number of " + type + " ids.");
    }
    if (file.size() / type.bytes < blockSize) {
      throw new DataException(
          path
              + " has "
              + file.size() / type.bytes
              + " tokens, fewer than a block of "
              + blockSize
              + ".");
    }
    return new TokenFile(path, file, type, blockSize);
  }

  @Override
  public long size() {
    return file.size() / type.bytes / blockSize;
  }

  @Override
  public Map<String, Object> get(long index) {
    long start = Objects.checkIndex(index, size()) * blockSize * type.bytes;
    byte[] bytes = file.read(start, Math.multiplyExact(blockSize, type.bytes));
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int[] ids = new int[blockSize];
    for (int i = 0; i < blockSize; i++) {
      ids[i] = type == TokenType.UINT16 ? buffer.getShort() & 0xffff : buffer.getInt();
      if (ids[i] < 0) {
        throw new DataException(
            path
                + ", token "
                + (index * blockSize + i)
                + ": is beyond 2,147,483,647. Is the file of another type than "
                + type
                + "?");
      }
    }
    return TokenBlocks.sample(ids);
  }
}
