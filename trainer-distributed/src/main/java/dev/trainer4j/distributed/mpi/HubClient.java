// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The way of another rank to rank 0. Where rank 0 is silent, the rank judges by its own wait. */
final class HubClient implements Watch.Channel {

  private static final Logger LOG = LoggerFactory.getLogger(HubClient.class);

  private static final int CONNECT_MILLIS = 3000;
  private static final int ANSWER_MILLIS = 1000;

  private @Nullable Socket socket;
  private @Nullable DataInputStream in;
  private @Nullable DataOutputStream out;
  private boolean owesAnswer;

  private HubClient() {}

  /**
   * Tries all addresses of rank 0.
   *
   * @return null if it cannot be reached; there is a warning then
   */
  static @Nullable HubClient connect(String address, int rank) {
    if (address.isEmpty()) {
      return null;
    }
    HubClient client = new HubClient();
    List<String> words = List.of(address.split(" "));
    List<String> reasons = new ArrayList<>();
    for (String host : words.subList(2, words.size())) {
      try {
        client.open(host, Integer.parseInt(words.get(1)), words.get(0));
        return client;
      } catch (IOException e) {
        reasons.add(host + ": " + e.getMessage());
      }
    }
    LOG.warn(
        "rank {} cannot reach rank 0 on port {} ({}): if a rank hangs, it will not be named. -D{} sets the port",
        rank,
        words.get(1),
        String.join("; ", reasons),
        Hub.PORT);
    return null;
  }

  private void open(String host, int port, String token) throws IOException {
    Socket opened = new Socket();
    try {
      opened.connect(new InetSocketAddress(host, port), CONNECT_MILLIS);
      opened.setTcpNoDelay(true);
      opened.setSoTimeout(ANSWER_MILLIS);
      in = new DataInputStream(new BufferedInputStream(opened.getInputStream()));
      out = new DataOutputStream(new BufferedOutputStream(opened.getOutputStream()));
      out.writeUTF(token);
      out.flush();
      if (!in.readBoolean()) {
        throw new IOException("it is not rank 0 that listens there");
      }
      socket = opened;
    } catch (IOException e) {
      opened.close();
      throw e;
    }
  }

  @Override
  public synchronized Answer tell(RankReport report) {
    DataInputStream input = in;
    DataOutputStream output = out;
    if (socket != null && input != null && output != null) {
      try {
        if (!owesAnswer) {
          report.write(output);
          output.flush();
        }
        owesAnswer = true;
        boolean allAreEnding = input.readBoolean();
        owesAnswer = false;
        return new Answer(null, allAreEnding);
      } catch (SocketTimeoutException e) {
        // Rank 0 hangs or is slow.
      } catch (IOException e) {
        socket = null;
      }
    }
    // Rank 0 would have judged before.
    String silent = "rank 0 gives no sign of life. It hangs, or its machine cannot be reached.";
    return new Answer(OwnWait.verdict(report, silent), false);
  }

  @Override
  public synchronized boolean isBroken() {
    return socket == null;
  }
}
