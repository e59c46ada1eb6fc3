// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/** A protobuf message in the making, written field by field; so no generated classes are needed. */
final class ProtoMessage {

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final CodedOutputStream out = CodedOutputStream.newInstance(bytes);

  private interface Writing {
    void run() throws IOException;
  }

  private ProtoMessage put(Writing field) {
    try {
      field.run();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException("memory cannot fail", e);
    }
  }

  ProtoMessage number(int field, double value) {
    return put(() -> out.writeDouble(field, value));
  }

  ProtoMessage number(int field, float value) {
    return put(() -> out.writeFloat(field, value));
  }

  /** Also for an enum. */
  ProtoMessage integer(int field, long value) {
    return put(() -> out.writeInt64(field, value));
  }

  ProtoMessage text(int field, String value) {
    return put(() -> out.writeString(field, value));
  }

  ProtoMessage bytes(int field, byte[] value) {
    return put(() -> out.writeByteArray(field, value));
  }

  ProtoMessage message(int field, ProtoMessage value) {
    return bytes(field, value.toByteArray());
  }

  ProtoMessage numbers(int field, List<Double> values) {
    ProtoMessage packed = new ProtoMessage();
    for (double value : values) {
      packed.put(() -> packed.out.writeDoubleNoTag(value));
    }
    return message(field, packed);
  }

  byte[] toByteArray() {
    put(out::flush);
    return bytes.toByteArray();
  }
}
