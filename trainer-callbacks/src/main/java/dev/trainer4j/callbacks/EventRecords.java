// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * Events of TensorBoard as records of an event file, to be written in one piece.
 *
 * <p>A record is length, checksum of the length, data, checksum of the data, as in TensorFlow's {@code
 * record_writer.h}. The data is an {@code Event} of {@code event.proto}; the numbers of the fields are
 * those of {@code event.proto}, {@code summary.proto} and {@code tensor.proto}.
 */
final class EventRecords {

  private static final int CRC_MASK = 0xa282ead8;
  private static final int SESSION_START = 1;
  private static final int TYPE_STRING = 7;
  private static final double MILLIS = 1000.0;

  private final ByteArrayOutputStream records = new ByteArrayOutputStream();

  /** Adds what every file begins with. */
  EventRecords version() {
    return add(event(0).text(3, "brain.Event:2"));
  }

  /** Makes TensorBoard forget what earlier files say of {@code step} and later ones. */
  EventRecords forgetFrom(long step) {
    return add(event(step).message(7, new ProtoMessage().integer(1, SESSION_START)));
  }

  EventRecords scalar(long step, String tag, double value) {
    return summary(step, new ProtoMessage().text(1, tag).number(2, (float) value));
  }

  /** Adds a text in Markdown. */
  EventRecords text(long step, String tag, String markdown) {
    ProtoMessage plugin = new ProtoMessage().text(1, "text").bytes(2, new byte[0]);
    ProtoMessage tensor =
        new ProtoMessage()
            .integer(1, TYPE_STRING)
            .message(2, new ProtoMessage().message(2, new ProtoMessage().integer(1, 1)))
            .bytes(8, markdown.getBytes(StandardCharsets.UTF_8));
    return summary(
        step,
        new ProtoMessage()
            .text(1, tag + "/text_summary")
            .message(8, tensor)
            .message(9, new ProtoMessage().message(1, plugin)));
  }

  EventRecords histogram(long step, String tag, Histogram histogram) {
    ProtoMessage counts =
        new ProtoMessage()
            .number(1, histogram.min())
            .number(2, histogram.max())
            .number(3, histogram.count())
            .number(4, histogram.sum())
            .number(5, histogram.sumOfSquares())
            .numbers(6, histogram.limits())
            .numbers(7, histogram.counts());
    return summary(step, new ProtoMessage().text(1, tag).message(5, counts));
  }

  private EventRecords summary(long step, ProtoMessage value) {
    return add(event(step).message(5, new ProtoMessage().message(1, value)));
  }

  private static ProtoMessage event(long step) {
    return new ProtoMessage().number(1, System.currentTimeMillis() / MILLIS).integer(2, step);
  }

  private EventRecords add(ProtoMessage event) {
    byte[] data = event.toByteArray();
    byte[] length = little(8).putLong(data.length).array();
    records.writeBytes(length);
    records.writeBytes(little(4).putInt(maskedCrc(length)).array());
    records.writeBytes(data);
    records.writeBytes(little(4).putInt(maskedCrc(data)).array());
    return this;
  }

  private static ByteBuffer little(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** A checksum of data that holds checksums would be weak, so it is turned and shifted. */
  private static int maskedCrc(byte[] data) {
    CRC32C crc = new CRC32C();
    crc.update(data);
    return Integer.rotateRight((int) crc.getValue(), 15) + CRC_MASK;
  }

  byte[] toByteArray() {
    return records.toByteArray();
  }
}
