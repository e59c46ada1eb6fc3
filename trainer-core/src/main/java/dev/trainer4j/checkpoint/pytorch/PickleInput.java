// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint.pytorch;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** The bytes of a pickle, read in order, never past their end. */
final class PickleInput {
  private static final int MAX_LINE = 256;

  private final ByteBuffer bytes;

  PickleInput(byte[] bytes) {
    this.bytes = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  int remaining() {
    return bytes.remaining();
  }

  int unsignedByte() throws TorchFileException {
    return Byte.toUnsignedInt(require(1).get());
  }

  int unsignedShort() throws TorchFileException {
    return Short.toUnsignedInt(require(2).getShort());
  }

  int signedInt() throws TorchFileException {
    return require(4).getInt();
  }

  double bigEndianDouble() throws TorchFileException {
    return Double.longBitsToDouble(Long.reverseBytes(require(8).getLong()));
  }

  /** A little-endian number of as many bytes as it needs. */
  long number(int length) throws TorchFileException {
    if (length > Long.BYTES) {
      throw new TorchFileException("its pickle holds a number of " + length + " bytes");
    }
    require(length);
    long value = 0;
    for (int i = 0; i < length; i++) {
      value |= Byte.toUnsignedLong(bytes.get()) << (8 * i);
    }
    int unused = Long.SIZE - 8 * length;
    return length == 0 ? 0 : value << unused >> unused;
  }

  String text(int length) throws TorchFileException {
    if (length < 0 || length > bytes.remaining()) {
      throw new TorchFileException("its pickle ends within a text");
    }
    ByteBuffer text = bytes.slice(bytes.position(), length);
    bytes.position(bytes.position() + length);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(text).toString();
    } catch (CharacterCodingException e) {
      throw new TorchFileException("its pickle holds a text that is not UTF-8", e);
    }
  }

  /** The name of a module or of a global: short, ASCII. */
  String line() throws TorchFileException {
    StringBuilder line = new StringBuilder();
    int next = unsignedByte();
    while (next != '\n') {
      if (next < ' ' || next > '~' || line.length() == MAX_LINE) {
        throw new TorchFileException("its pickle holds a global whose name is none");
      }
      line.append((char) next);
      next = unsignedByte();
    }
    return line.toString();
  }

  private ByteBuffer require(int length) throws TorchFileException {
    if (length > bytes.remaining()) {
      throw new TorchFileException("its pickle ends early");
    }
    return bytes;
  }
}
