// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import dev.trainer4j.distributed.launch.Wire.Kind;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** A machine that is not the first: joins machine 0, and runs Open MPI's daemon when that says so. */
final class MachineMember implements AutoCloseable {

  private static final int CONNECT_MILLIS = 3000;
  private static final int RETRY_MILLIS = 500;
  private static final int FAILED = 1;

  private final Consumer<String> say;
  private final Wire wire;
  private final Set<Process> daemons = ConcurrentHashMap.newKeySet();

  private MachineMember(Consumer<String> say, Wire wire) {
    this.say = say;
    this.wire = wire;
  }

  /**
   * Joins machine 0, which may come up later.
   *
   * @param job what this machine was started for
   * @throws LaunchException if machine 0 cannot be reached in time
   */
  static MachineMember join(JobPlan plan, String job, Duration patience, Consumer<String> say)
      throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    while (true) {
      Socket socket = new Socket();
      try {
        socket.connect(new InetSocketAddress(plan.mainAddress(), plan.mainPort()), CONNECT_MILLIS);
        Wire wire = new Wire(socket);
        wire.send(Kind.HELLO, String.valueOf(plan.machineRank()), job);
        return new MachineMember(say, wire.beating());
      } catch (IOException e) {
        try {
          socket.close();
        } catch (IOException again) {
          e.addSuppressed(again);
        }
        if (System.nanoTime() > end) {
          throw new LaunchException(
              "machine 0 cannot be reached at "
                  + plan.mainAddress()
                  + ":"
                  + plan.mainPort()
                  + " for "
                  + patience.toSeconds()
                  + " s ("
                  + e.getMessage()
                  + "); start the same command there with --machine_rank 0, check main_process_ip"
                  + " and main_process_port, and that no firewall is between",
              e);
        }
        Thread.sleep(RETRY_MILLIS);
      }
    }
  }

  /** Does what machine 0 says until the job is over, and returns the job's exit code. */
  int serve() {
    say.accept("joined machine 0 at " + wire.peer() + "; the output of all ranks is there");
    try {
      while (true) {
        Wire.Message message = wire.receive();
        switch (message.kind()) {
          case RUN -> run(message.words());
          case BYE -> {
            return Integer.parseInt(message.words().get(0));
          }
          case REFUSED ->
              throw new LaunchException(
                  "machine 0 does not take this machine: " + message.words().get(0));
          default -> {}
        }
      }
    } catch (IOException e) {
      say.accept(
          "machine 0 ("
              + wire.peer()
              + ") cannot be reached any more: "
              + (e instanceof SocketTimeoutException
                  ? "nothing was heard for " + Wire.SILENCE_MILLIS / 1000 + " s"
                  : "its launcher has ended")
              + "; the ranks of this machine are ended");
      return FAILED;
    } finally {
      close();
    }
  }

  /** Asks machine 0 to end the job in order. May be called from any thread. */
  void stop() {
    try {
      wire.send(Kind.STOP);
    } catch (IOException e) {
      close();
    }
  }

  /** The words come from machine 0, which this machine was told to trust; still, nothing but the daemon is run, and no shell. */
  private void run(List<String> words) throws IOException {
    String number = words.get(0);
    List<String> command = new ArrayList<>();
    for (String word : words.subList(1, words.size())) {
      boolean quoted = word.length() >= 2 && word.startsWith("\"") && word.endsWith("\"");
      command.add(quoted ? word.substring(1, word.length() - 1) : word.strip());
    }
    // Open MPI may put settings of paths for a shell before it.
    String[] start = command.get(0).split("\\s+");
    command.set(0, start[start.length - 1]);
    if (!Path.of(command.get(0)).endsWith("orted")) {
      say.accept(
          "machine 0 asks for "
              + command.get(0)
              + ", which is not Open MPI's daemon; it is not run");
      wire.send(Kind.ENDED, number, String.valueOf(AgentDoor.LOST));
      return;
    }
    try {
      Process daemon =
          new ProcessBuilder(command)
              .redirectOutput(ProcessBuilder.Redirect.INHERIT)
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      daemon.getOutputStream().close();
      daemons.add(daemon);
      Thread thread = new Thread(() -> await(daemon, number), "launch-daemon");
      thread.setDaemon(true);
      thread.start();
    } catch (IOException e) {
      say.accept(
          "Open MPI's orted cannot be started on this machine ("
              + e.getMessage()
              + "); install Open MPI (Debian and Ubuntu: apt-get install openmpi-bin)");
      wire.send(Kind.ENDED, number, String.valueOf(AgentDoor.LOST));
    }
  }

  private void await(Process daemon, String number) {
    try {
      int code = daemon.waitFor();
      daemons.remove(daemon);
      wire.send(Kind.ENDED, number, String.valueOf(code));
    } catch (IOException | InterruptedException e) {
      // Machine 0 is gone, which the reader finds out.
    }
  }

  /** Ends what was started here. */
  @Override
  public void close() {
    for (Process daemon : daemons) {
      List<ProcessHandle> ranks = daemon.descendants().toList();
      daemon.destroyForcibly();
      ranks.forEach(ProcessHandle::destroyForcibly);
    }
    wire.close();
  }
}
