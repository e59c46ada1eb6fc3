// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Reads event files as TensorBoard does: files in the order of their names, every checksum checked, a torn record
 * is the end of its file, and the start of a session makes it forget what came from that step on.
 */
final class EventFileReader {

  record Point(long step, double value) {}

  record Buckets(
      long step, double min, double max, double num, List<Double> limits, List<Double> counts) {}

  private final Map<String, List<Point>> scalars = new LinkedHashMap<>();
  private final Map<String, String> texts = new LinkedHashMap<>();
  private final Map<String, List<Buckets>> histograms = new LinkedHashMap<>();
  private int tornFiles;

  static EventFileReader read(Path folder) throws IOException {
    EventFileReader reader = new EventFileReader();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        reader.readFile(file);
      }
    }
    return reader;
  }

  Map<String, List<Point>> scalars() {
    return scalars;
  }

  List<Long> steps(String tag) {
    return scalars.get(tag).stream().map(Point::step).toList();
  }

  Map<String, String> texts() {
    return texts;
  }

  Map<String, List<Buckets>> histograms() {
    return histograms;
  }

  int tornFiles() {
    return tornFiles;
  }

  private void readFile(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    boolean first = true;
    while (bytes.remaining() > 0) {
      if (bytes.remaining() < 12 || bytes.remaining() < 16 + bytes.getLong(bytes.position())) {
        tornFiles++;
        return;
      }
      byte[] length = new byte[8];
      bytes.get(bytes.position(), length);
      byte[] data = new byte[(int) bytes.getLong()];
      requireChecksum(length, bytes.getInt(), file);
      bytes.get(data);
      requireChecksum(data, bytes.getInt(), file);
      readEvent(data, first);
      first = false;
    }
  }

  /** Bit by bit from the polynomial, so as not to share a mistake with what wrote the file. */
  private static void requireChecksum(byte[] data, int masked, Path file) throws IOException {
    int crc = -1;
    for (byte b : data) {
      crc ^= b & 0xff;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 1) == 0 ? crc >>> 1 : (crc >>> 1) ^ 0x82f63b78;
      }
    }
    crc = ~crc;
    if (((crc >>> 15) | (crc << 17)) + 0xa282ead8 != masked) {
      throw new IOException("wrong checksum in " + file);
    }
  }

  private interface Field {
    /** Returns whether the field was read. */
    boolean read(int number, CodedInputStream in) throws IOException;
  }

  private static void fields(byte[] message, Field field) throws IOException {
    CodedInputStream in = CodedInputStream.newInstance(message);
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (!field.read(WireFormat.getTagFieldNumber(tag), in)) {
        in.skipField(tag);
      }
    }
  }

  private void readEvent(byte[] event, boolean first) throws IOException {
    long[] step = new long[1];
    List<byte[]> summaries = new ArrayList<>();
    boolean[] start = new boolean[1];
    String[] version = new String[1];
    fields(
        event,
        (number, in) -> {
          switch (number) {
            case 2 -> step[0] = in.readInt64();
            case 3 -> version[0] = in.readString();
            case 5 -> summaries.add(in.readByteArray());
            case 7 ->
                fields(
                    in.readByteArray(),
                    (n, session) -> start[0] = n == 1 && session.readEnum() == 1);
            default -> {
              return false;
            }
          }
          return true;
        });
    if (first != "brain.Event:2".equals(version[0])) {
      throw new IOException("the version belongs into the first event, and nowhere else");
    }
    if (start[0]) {
      scalars.values().forEach(points -> points.removeIf(point -> point.step() >= step[0]));
      scalars.values().removeIf(List::isEmpty);
      histograms.values().forEach(points -> points.removeIf(point -> point.step() >= step[0]));
      histograms.values().removeIf(List::isEmpty);
    }
    for (byte[] summary : summaries) {
      fields(
          summary,
          (number, in) -> {
            readValue(step[0], in.readByteArray());
            return true;
          });
    }
  }

  private void readValue(long step, byte[] value) throws IOException {
    String[] tag = new String[1];
    fields(
        value,
        (number, in) -> {
          switch (number) {
            case 1 -> tag[0] = in.readString();
            case 2 ->
                scalars
                    .computeIfAbsent(tag[0], t -> new ArrayList<>())
                    .add(new Point(step, in.readFloat()));
            case 5 ->
                histograms
                    .computeIfAbsent(tag[0], t -> new ArrayList<>())
                    .add(buckets(step, in.readByteArray()));
            case 8 ->
                fields(
                    in.readByteArray(),
                    (n, tensor) -> {
                      if (n != 8) {
                        return false;
                      }
                      texts.put(tag[0], new String(tensor.readByteArray(), StandardCharsets.UTF_8));
                      return true;
                    });
            default -> {
              return false;
            }
          }
          return true;
        });
  }

  private static Buckets buckets(long step, byte[] histogram) throws IOException {
    double[] numbers = new double[6];
    List<Double> limits = new ArrayList<>();
    List<Double> counts = new ArrayList<>();
    fields(
        histogram,
        (number, in) -> {
          if (number < 6) {
            numbers[number] = in.readDouble();
          } else {
            ByteBuffer packed = in.readByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
            while (packed.hasRemaining()) {
              (number == 6 ? limits : counts).add(packed.getDouble());
            }
          }
          return true;
        });
    return new Buckets(step, numbers[1], numbers[2], numbers[3], limits, counts);
  }
}
