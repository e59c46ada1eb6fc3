// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** A sample as bytes: for each field its name, the letter of its type, and its value. */
final class RowCodec {

  private RowCodec() {}

  static byte[] encode(Map<String, ?> row) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      for (Map.Entry<String, ?> field : row.entrySet()) {
        text(out, field.getKey());
        value(out, field.getKey(), field.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void value(DataOutputStream out, String name, Object value) throws IOException {
    if (value instanceof int[] ints) {
      out.writeByte('i');
      ints(out, ints);
    } else if (value instanceof long[] longs) {
      out.writeByte('l');
      out.writeInt(longs.length);
      for (long element : longs) {
        out.writeLong(element);
      }
    } else if (value instanceof float[] floats) {
      out.writeByte('f');
      out.writeInt(floats.length);
      for (float element : floats) {
        out.writeFloat(element);
      }
    } else if (value instanceof double[] doubles) {
      out.writeByte('d');
      out.writeInt(doubles.length);
      for (double element : doubles) {
        out.writeDouble(element);
      }
    } else if (value instanceof int[][] rows) {
      out.writeByte('m');
      out.writeInt(rows.length);
      for (int[] row : rows) {
        ints(out, row);
      }
    } else {
      scalar(out, name, value);
    }
  }

  private static void scalar(DataOutputStream out, String name, Object value) throws IOException {
    if (value instanceof Integer number) {
      out.writeByte('I');
      out.writeInt(number);
    } else if (value instanceof Long number) {
      out.writeByte('L');
      out.writeLong(number);
    } else if (value instanceof Float number) {
      out.writeByte('F');
      out.writeFloat(number);
    } else if (value instanceof Double number) {
      out.writeByte('D');
      out.writeDouble(number);
    } else if (value instanceof Boolean flag) {
      out.writeByte('B');
      out.writeBoolean(flag);
    } else if (value instanceof String text) {
      out.writeByte('S');
      text(out, text);
    } else {
      throw new IllegalArgumentException(
          "the field '"
              + name
              + "' is "
              + (value == null ? "null" : "of " + value.getClass())
              + ": a cache holds text, numbers, booleans, int[], long[], float[], double[] and"
              + " int[][].");
    }
  }

  private static void ints(DataOutputStream out, int[] ints) throws IOException {
    out.writeInt(ints.length);
    for (int element : ints) {
      out.writeInt(element);
    }
  }

  private static void text(DataOutputStream out, String text) throws IOException {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(utf8.length);
    out.write(utf8);
  }

  static Map<String, Object> decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    Map<String, Object> row = new LinkedHashMap<>();
    while (in.hasRemaining()) {
      String name = text(in);
      row.put(name, value(in));
    }
    return row;
  }

  private static Object value(ByteBuffer in) {
    byte type = in.get();
    return switch (type) {
      case 'i' -> ints(in);
      case 'l' -> {
        long[] longs = new long[in.getInt()];
        in.asLongBuffer().get(longs);
        in.position(in.position() + longs.length * Long.BYTES);
        yield longs;
      }
      case 'f' -> {
        float[] floats = new float[in.getInt()];
        in.asFloatBuffer().get(floats);
        in.position(in.position() + floats.length * Float.BYTES);
        yield floats;
      }
      case 'd' -> {
        double[] doubles = new double[in.getInt()];
        in.asDoubleBuffer().get(doubles);
        in.position(in.position() + doubles.length * Double.BYTES);
        yield doubles;
      }
      case 'm' -> {
        int[][] rows = new int[in.getInt()][];
        for (int i = 0; i < rows.length; i++) {
          rows[i] = ints(in);
        }
        yield rows;
      }
      case 'I' -> in.getInt();
      case 'L' -> in.getLong();
      case 'F' -> in.getFloat();
      case 'D' -> in.getDouble();
      case 'B' -> in.get() != 0;
      case 'S' -> text(in);
      default -> throw new DataException("a cache has a field of the unknown type " + type);
    };
  }

  private static int[] ints(ByteBuffer in) {
    int[] ints = new int[in.getInt()];
    in.asIntBuffer().get(ints);
    in.position(in.position() + ints.length * Integer.BYTES);
    return ints;
  }

  private static String text(ByteBuffer in) {
    byte[] utf8 = new byte[in.getInt()];
    in.get(utf8);
    return new String(utf8, StandardCharsets.UTF_8);
  }
}
