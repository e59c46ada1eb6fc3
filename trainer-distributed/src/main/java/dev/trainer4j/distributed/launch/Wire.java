// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Messages between the launchers of machines: a kind, and words. Both sides say something every two seconds, so that a side that hears
 * nothing for ten knows that the other is gone, also where no packet says so.
 */
final class Wire implements AutoCloseable {

  /** What a message is. */
  enum Kind {
    /** A machine names itself, and the job that it was started for. */
    HELLO,
    /** Machine 0 does not take it; why. */
    REFUSED,
    /** Run Open MPI's daemon: a number of the call, and the daemon's words. */
    RUN,
    /** The daemon has ended: the number of the call, and its exit code. */
    ENDED,
    /** A machine was asked to end the job in order. */
    STOP,
    /** The job is over, with an exit code. */
    BYE,
    /** Still here. */
    PING
  }

  /** One message. */
  record Message(Kind kind, List<String> words) {
    Message {
      words = List.copyOf(words);
    }
  }

  static final int BEAT_MILLIS = 2000;
  static final int SILENCE_MILLIS = 10_000;
  private static final int MAX_WORDS = 10_000;

  private final Socket socket;
  private final DataInputStream in;
  private final DataOutputStream out;

  Wire(Socket socket) throws IOException {
    this.socket = socket;
    socket.setSoTimeout(SILENCE_MILLIS);
    socket.setTcpNoDelay(true);
    in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
    out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
  }

  String peer() {
    return socket.getInetAddress().getHostAddress();
  }

  synchronized void send(Kind kind, List<String> words) throws IOException {
    out.writeUTF(kind.name());
    out.writeInt(words.size());
    for (String word : words) {
      out.writeUTF(word);
    }
    out.flush();
  }

  void send(Kind kind, String... words) throws IOException {
    send(kind, List.of(words));
  }

  private static Optional<Kind> kind(String name) {
    return Arrays.stream(Kind.values()).filter(kind -> kind.name().equals(name)).findFirst();
  }

  /** Waits for the next message that says something. */
  Message receive() throws IOException {
    while (true) {
      Optional<Kind> kind = kind(in.readUTF());
      int count = in.readInt();
      if (kind.isEmpty() || count < 0 || count > MAX_WORDS) {
        throw new IOException(peer() + " speaks another protocol");
      }
      List<String> words = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        words.add(in.readUTF());
      }
      if (kind.get() != Kind.PING) {
        return new Message(kind.get(), words);
      }
    }
  }

  /** Sends a sign of life until closed. */
  Wire beating() {
    Thread thread =
        new Thread(
            () -> {
              try {
                while (true) {
                  Thread.sleep(BEAT_MILLIS);
                  send(Kind.PING);
                }
              } catch (IOException | InterruptedException e) {
                // Closed, or the other side is gone, which the reader finds out, too.
              }
            },
            "launch-beat");
    thread.setDaemon(true);
    thread.start();
    return this;
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      // There is nothing left to lose.
    }
  }
}
