// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Where ranks tell how far they are: in rank 0. */
final class Hub implements Watch.Channel {

  private final ServerSocket server;
  private final String token;
  private final Verdicts verdicts;

  private Hub(int worldSize) throws IOException {
    server = new ServerSocket(0, worldSize);
    byte[] secret = new byte[16];
    new SecureRandom().nextBytes(secret);
    token = HexFormat.of().formatHex(secret);
    verdicts = new Verdicts(worldSize, () -> System.nanoTime() / 1_000_000);
  }

  /** Listens on a free port. */
  static Hub open(int worldSize) throws IOException {
    Hub hub = new Hub(worldSize);
    Thread thread = new Thread(hub::accept, "mpi-hub");
    thread.setDaemon(true);
    thread.start();
    return hub;
  }

  /** The secret that lets ranks in, the port, and all addresses of this machine, apart by spaces. */
  String address() throws IOException {
    List<String> words = new ArrayList<>(List.of(token, String.valueOf(server.getLocalPort())));
    try {
      words.add(InetAddress.getLocalHost().getHostName());
    } catch (UnknownHostException e) {
      // A container may not know its own name; it has addresses.
    }
    for (NetworkInterface each : NetworkInterface.networkInterfaces().toList()) {
      if (each.isUp() && !each.isLoopback()) {
        each.inetAddresses()
            .filter(address -> !address.isLinkLocalAddress())
            .map(InetAddress::getHostAddress)
            .forEach(words::add);
      }
    }
    // Without any network, for ranks of this machine.
    words.add(InetAddress.getLoopbackAddress().getHostAddress());
    return String.join(" ", words);
  }

  private void accept() {
    while (true) {
      try {
        Socket socket = server.accept();
        Thread thread = new Thread(null, () -> listen(socket), "mpi-hub-rank", 128 * 1024);
        thread.setDaemon(true);
        thread.start();
      } catch (IOException e) {
        return; // The process ends.
      }
    }
  }

  private void listen(Socket socket) {
    try (socket;
        DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        DataOutputStream out =
            new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()))) {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(30_000);
      if (!in.readUTF().equals(token)) {
        return;
      }
      socket.setSoTimeout(0);
      out.writeBoolean(true); // To a rank that has found another job's port, nobody says so.
      out.flush();
      while (true) {
        verdicts.hear(RankReport.read(in));
        out.writeBoolean(verdicts.allAreEnding());
        out.flush();
      }
    } catch (IOException e) {
      // The rank has ended, or its machine is cut off: it is silent from now on.
    }
  }

  /** The verdict is told to nobody else: one process says it, and ends all. */
  @Override
  public Answer tell(RankReport report) {
    verdicts.hear(report);
    return new Answer(verdicts.verdict(), verdicts.allAreEnding());
  }

  @Override
  public boolean isBroken() {
    return false;
  }
}
