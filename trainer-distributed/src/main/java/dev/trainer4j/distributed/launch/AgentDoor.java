// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * What Open MPI calls in place of ssh: a script that only its owner can read, which brings the call to this process by a port that
 * only this machine reaches, with a secret.
 */
final class AgentDoor implements AutoCloseable {

  /** As ssh says that it cannot reach a machine. */
  static final int LOST = 255;

  /** Runs a call on a machine. */
  interface Calls {
    int run(String host, List<String> words);
  }

  private final Calls calls;
  private final ServerSocket door;
  private final String secret;
  private final Path script;

  AgentDoor(Calls calls) throws IOException {
    this.calls = calls;
    byte[] random = new byte[16];
    new SecureRandom().nextBytes(random);
    secret = HexFormat.of().formatHex(random);
    door = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
    script =
        Files.createTempFile(
            "trainer4j-agent",
            ".sh",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Files.writeString(
        script,
        "#!/bin/sh\nexec '%s' -Xshare:auto -XX:TieredStopAtLevel=1 -cp '%s' %s %d %s \"$@\"\n"
            .formatted(
                WorkerCommand.java(),
                WorkerCommand.classPath(),
                RemoteAgent.class.getName(),
                door.getLocalPort(),
                secret));
    Thread thread = new Thread(this::accept, "launch-agents");
    thread.setDaemon(true);
    thread.start();
  }

  Path script() {
    return script;
  }

  private void accept() {
    while (!door.isClosed()) {
      try {
        Socket socket = door.accept();
        Thread thread = new Thread(() -> answer(socket), "launch-agent");
        thread.setDaemon(true);
        thread.start();
      } catch (IOException e) {
        return; // Closed.
      }
    }
  }

  private void answer(Socket socket) {
    try (socket) {
      DataInputStream in = new DataInputStream(socket.getInputStream());
      if (!in.readUTF().equals(secret)) {
        return;
      }
      String host = in.readUTF();
      List<String> words = new ArrayList<>();
      for (int left = in.readInt(); left > 0; left--) {
        words.add(in.readUTF());
      }
      new DataOutputStream(socket.getOutputStream()).writeInt(calls.run(host, words));
    } catch (IOException e) {
      // The caller is gone.
    }
  }

  @Override
  public void close() {
    try {
      door.close();
      Files.deleteIfExists(script);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
