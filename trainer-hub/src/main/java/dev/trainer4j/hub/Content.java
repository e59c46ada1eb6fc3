// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.function.LongConsumer;

/**
 * What a request sends; it can be read again for a further try.
 *
 * @param length in bytes
 * @param source opens it; closed by who reads
 * @param told is told how many bytes have been read by the current try
 */
record Content(long length, Source source, LongConsumer told) {

  /** Opens a content from its begin. */
  @FunctionalInterface
  interface Source {
    InputStream open() throws IOException;
  }

  static Content of(byte[] bytes) {
    return new Content(bytes.length, () -> new ByteArrayInputStream(bytes), done -> {});
  }

  /** Publishes it, noting that something moves. */
  BodyPublisher publisher(Activity activity) {
    if (length == 0) {
      return BodyPublishers.noBody();
    }
    // A stream of unknown length would be sent in chunks, which storage refuses.
    return BodyPublishers.fromPublisher(
        BodyPublishers.ofInputStream(
            () -> {
              try {
                return new Watched(source.open(), activity);
              } catch (IOException e) {
                return new Broken(e);
              }
            }),
        length);
  }

  private final class Watched extends FilterInputStream {
    private final Activity activity;
    private long done;

    Watched(InputStream in, Activity activity) {
      super(in);
      this.activity = activity;
    }

    @Override
    public int read(byte[] bytes, int from, int count) throws IOException {
      int read = super.read(bytes, from, count);
      if (read > 0) {
        activity.note();
        done += read;
        told.accept(done);
      }
      return read;
    }
  }

  /** The publisher takes no exception from what opens. */
  private static final class Broken extends InputStream {
    private final IOException cause;

    Broken(IOException cause) {
      this.cause = cause;
    }

    @Override
    public int read() throws IOException {
      throw cause;
    }

    @Override
    public int read(byte[] bytes, int from, int count) throws IOException {
      throw cause;
    }
  }
}
