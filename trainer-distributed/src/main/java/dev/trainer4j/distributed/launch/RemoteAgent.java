// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;

/** What Open MPI starts in place of ssh: brings its call to the launcher. Not for users. */
public final class RemoteAgent {

  private RemoteAgent() {}

  /** Gets a port, a secret, a host, and the words of a command; ends with the command's exit code. */
  public static void main(String[] args) {
    List<String> words = Arrays.asList(args).subList(3, args.length);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(args[0]))) {
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      out.writeUTF(args[1]);
      out.writeUTF(args[2]);
      out.writeInt(words.size());
      for (String word : words) {
        out.writeUTF(word);
      }
      out.flush();
      System.exit(new DataInputStream(socket.getInputStream()).readInt());
    } catch (IOException e) {
      System.err.println("launch: the launcher is gone: " + e.getMessage());
      System.exit(AgentDoor.LOST);
    }
  }
}
