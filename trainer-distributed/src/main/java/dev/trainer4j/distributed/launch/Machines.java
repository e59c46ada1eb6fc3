// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import dev.trainer4j.distributed.launch.Wire.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The machines of a job, seen from machine 0. As with the original, the same command is started on each of them; the others join at
 * {@code main_process_ip:main_process_port}, and run Open MPI's daemon when machine 0 says so. No ssh is needed.
 */
final class Machines implements AutoCloseable {

  private final JobPlan plan;
  private final String job;
  private final Consumer<String> say;
  private final ServerSocket door;
  private final AgentDoor agents;
  private final Map<Integer, Wire> members = new TreeMap<>();
  private final Map<String, CompletableFuture<Integer>> calls = new ConcurrentHashMap<>();
  private final AtomicInteger callNumber = new AtomicInteger();

  private Machines(JobPlan plan, String job, Consumer<String> say, ServerSocket door)
      throws IOException {
    this.plan = plan;
    this.job = job;
    this.say = say;
    this.door = door;
    agents = new AgentDoor(this::run);
  }

  /**
   * Opens the port at which the others join.
   *
   * @param job what all machines must have been started for
   * @throws LaunchException if the address is not this machine's, or the port is taken
   */
  static Machines open(JobPlan plan, String job, Consumer<String> say) {
    InetAddress address = ownAddress(plan.mainAddress());
    ServerSocket door = null;
    try {
      door = new ServerSocket();
      door.setReuseAddress(true);
      door.bind(new InetSocketAddress(address, plan.mainPort()));
      return new Machines(plan, job, say, door);
    } catch (IOException e) {
      closeQuietly(door);
      throw new LaunchException(
          "main_process_port "
              + plan.mainPort()
              + " of "
              + plan.mainAddress()
              + " cannot be opened ("
              + e.getMessage()
              + "); if another process uses it, choose another one with --main_process_port, on all"
              + " machines",
          e);
    }
  }

  private static void closeQuietly(@Nullable ServerSocket door) {
    try {
      if (door != null) {
        door.close();
      }
    } catch (IOException e) {
      // The first error is the one to tell.
    }
  }

  private static InetAddress ownAddress(String name) {
    try {
      InetAddress address = InetAddress.getByName(name);
      if (address.isLoopbackAddress() || NetworkInterface.getByInetAddress(address) != null) {
        return address;
      }
      throw new LaunchException(
          "main_process_ip is "
              + name
              + ", which is no address of this machine, although its machine_rank is 0; give an"
              + " address of machine 0, on all machines");
    } catch (IOException e) {
      throw new LaunchException(
          "main_process_ip "
              + name
              + " is no address and no name that resolves to one ("
              + e.getMessage()
              + ")",
          e);
    }
  }

  /**
   * Waits until all machines have joined.
   *
   * @throws LaunchException if one has not in time
   */
  void await(Duration patience) {
    say.accept(
        "waiting for "
            + (plan.machines() - 1)
            + " other machine(s) at "
            + plan.mainAddress()
            + ":"
            + plan.mainPort());
    long end = System.nanoTime() + patience.toNanos();
    while (members.size() < plan.machines() - 1) {
      try {
        door.setSoTimeout(500);
        welcome(door.accept());
      } catch (SocketTimeoutException e) {
        if (System.nanoTime() > end) {
          throw new LaunchException(
              "after "
                  + patience.toSeconds()
                  + " s only "
                  + (members.size() + 1)
                  + " of "
                  + plan.machines()
                  + " machines are here (machine_rank 0"
                  + joined()
                  + "); start the same command on the others, with --machine_rank, and check that"
                  + " they reach "
                  + plan.mainAddress()
                  + ":"
                  + plan.mainPort(),
              e);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private String joined() {
    StringBuilder names = new StringBuilder();
    members.forEach(
        (rank, wire) -> names.append(", ").append(rank).append(" at ").append(wire.peer()));
    return names.toString();
  }

  private void welcome(Socket socket) throws IOException {
    Wire wire = new Wire(socket);
    try {
      Wire.Message hello = wire.receive();
      String problem = problem(hello, wire);
      if (problem.isEmpty()) {
        int rank = Integer.parseInt(hello.words().get(0));
        members.put(rank, wire.beating());
        say.accept("machine " + rank + " has joined from " + wire.peer());
        return;
      }
      say.accept("a machine at " + wire.peer() + " was turned away: " + problem);
      wire.send(Kind.REFUSED, problem);
    } catch (IOException e) {
      say.accept(
          "something at "
              + wire.peer()
              + " that is no launcher came to the port: "
              + e.getMessage());
    }
    wire.close();
  }

  private String problem(Wire.Message hello, Wire wire) {
    if (hello.kind() != Kind.HELLO || hello.words().size() != 2) {
      return "it speaks another protocol";
    }
    int rank = Integer.parseInt(hello.words().get(0));
    if (rank < 1 || rank >= plan.machines()) {
      return "its machine_rank is " + rank + ", but there are " + plan.machines() + " machines";
    }
    Wire before = members.get(rank);
    if (before != null) {
      return "machine_rank " + rank + " has joined already, from " + before.peer();
    }
    if (!hello.words().get(1).equals(job)) {
      return "it was started for another job: "
          + hello.words().get(1)
          + ", but machine 0 for: "
          + job;
    }
    boolean twice =
        door.getInetAddress().getHostAddress().equals(wire.peer())
            || members.values().stream().anyMatch(other -> other.peer().equals(wire.peer()));
    return twice
        ? "another machine of the job has its address "
            + wire.peer()
            + "; each needs its own: processes of one machine are started by one command"
        : "";
  }

  /**
   * Watches all machines from now on.
   *
   * @param lost is told once why the job cannot go on
   * @param stop is called when a machine was asked to end the job
   */
  void watch(Consumer<String> lost, Runnable stop) {
    members.forEach(
        (rank, wire) -> {
          Thread thread =
              new Thread(() -> listen(rank, wire, lost, stop), "launch-machine-" + rank);
          thread.setDaemon(true);
          thread.start();
        });
  }

  private void listen(int rank, Wire wire, Consumer<String> lost, Runnable stop) {
    try {
      while (true) {
        Wire.Message message = wire.receive();
        if (message.kind() == Kind.ENDED) {
          CompletableFuture<Integer> call = calls.get(message.words().get(0));
          if (call != null) {
            call.complete(Integer.valueOf(message.words().get(1)));
          }
        } else if (message.kind() == Kind.STOP) {
          stop.run();
        }
      }
    } catch (IOException e) {
      lost.accept(
          "machine "
              + rank
              + " ("
              + wire.peer()
              + ") cannot be reached any more: "
              + (e instanceof SocketTimeoutException
                  ? "nothing was heard for " + Wire.SILENCE_MILLIS / 1000 + " s"
                  : "its launcher has ended"));
      calls.values().forEach(call -> call.complete(AgentDoor.LOST));
    }
  }

  /** Runs Open MPI's daemon on a machine, and returns its exit code when it has ended. */
  private int run(String host, List<String> words) {
    for (Wire wire : members.values()) {
      if (wire.peer().equals(host)) {
        String number = String.valueOf(callNumber.incrementAndGet());
        CompletableFuture<Integer> code = new CompletableFuture<>();
        calls.put(number, code);
        List<String> call = new ArrayList<>(List.of(number));
        call.addAll(words);
        try {
          wire.send(Kind.RUN, call);
          return code.join();
        } catch (IOException e) {
          return AgentDoor.LOST;
        }
      }
    }
    return AgentDoor.LOST;
  }

  /** Returns the options of {@code mpirun} that name the machines, and the way to them. */
  List<String> options() {
    Map<String, Integer> hosts = new LinkedHashMap<>();
    hosts.put(plan.mainAddress(), plan.processesPerMachine());
    members.values().forEach(wire -> hosts.put(wire.peer(), plan.processesPerMachine()));
    List<String> named = new ArrayList<>();
    hosts.forEach((host, slots) -> named.add(host + ":" + slots));
    List<String> options = new ArrayList<>(List.of("--host", String.join(",", named)));
    options.addAll(List.of("--mca", "plm_rsh_agent", agents.script().toString()));
    options.addAll(List.of("--mca", "plm_rsh_no_tree_spawn", "1"));
    options.addAll(List.of("--mca", "orte_leave_session_attached", "1"));
    Network.around(plan.mainAddress(), members.values().stream().map(Wire::peer).toList())
        .ifPresent(
            network ->
                List.of("btl_tcp_if_include", "oob_tcp_if_include")
                    .forEach(name -> options.addAll(List.of("--mca", name, network))));
    return options;
  }

  /** Tells all machines how the job has ended. */
  void bye(int exitCode) {
    for (Wire wire : members.values()) {
      try {
        wire.send(Kind.BYE, String.valueOf(exitCode));
      } catch (IOException e) {
        // It is gone, and knows that we are.
      }
    }
  }

  @Override
  public void close() {
    members.values().forEach(Wire::close);
    agents.close();
    closeQuietly(door);
  }
}
