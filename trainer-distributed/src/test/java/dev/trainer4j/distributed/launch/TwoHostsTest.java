// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.trainer4j.distributed.launch.Processes.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job of two hosts: network namespaces of this machine with a wire between them, and no ssh. */
final class TwoHostsTest {

  @TempDir private Path folder;

  /** Where namespaces are not allowed there are no two hosts; CI says that they must be. */
  @BeforeEach
  void requireNamespaces() throws Exception {
    List<String> probe = new ArrayList<>(unshare());
    probe.addAll(List.of("sh", "-c", "mount -t tmpfs none /run && ip netns add probe"));
    boolean allowed;
    try {
      allowed = new ProcessBuilder(probe).start().waitFor() == 0;
    } catch (IOException e) {
      allowed = false;
    }
    if ("1".equals(System.getenv("TRAINER4J_REQUIRE_NETNS"))) {
      assertThat(allowed).as("network namespaces can be made").isTrue();
    }
    assumeTrue(allowed, "this machine does not let us make network namespaces");
  }

  private static List<String> unshare() {
    boolean root = "root".equals(System.getProperty("user.name"));
    return root ? List.of("unshare", "-mn") : List.of("unshare", "-rmn");
  }

  private Process start(String updates, String what) throws IOException {
    for (String host : List.of("a", "b")) {
      Files.createDirectories(folder.resolve(host));
      Files.writeString(
          folder.resolve(host).resolve("config.yaml"),
          """
          compute_environment: LOCAL_MACHINE
          distributed_type: MULTI_CPU
          num_machines: 2
          num_processes: 2
          machine_rank: %d
          main_process_ip: 10.77.0.1
          main_process_port: 29511
          """
              .formatted(host.equals("a") ? 0 : 1));
    }
    List<String> command = new ArrayList<>(unshare());
    command.addAll(List.of("sh", Resources.file("two-hosts.sh").toString()));
    command.addAll(
        Processes.command(
            "launch",
            "--config_file",
            "config.yaml",
            TrainingProgram.class.getName(),
            folder.resolve("out").toString(),
            updates,
            what));
    Files.createDirectories(folder.resolve("out"));
    return Processes.start(
        folder.resolve("log"),
        Map.of("FOLDER", folder.toString(), "CUT", folder.resolve("cut").toString()),
        command);
  }

  private Ended host(String name) throws IOException {
    Path home = folder.resolve(name);
    return new Ended(
        Integer.parseInt(Files.readString(home.resolve("code")).strip()),
        Files.readString(home.resolve("log")));
  }

  private static String weightsOf(int rank, Ended host) {
    return host.output()
        .lines()
        .filter(line -> line.startsWith("[rank " + rank + "] weights="))
        .findFirst()
        .map(line -> line.substring("[rank 0] ".length()))
        .orElseThrow(
            () -> new AssertionError("no weights of rank " + rank + ":\n" + host.output()));
  }

  @Test
  void trainOneModelTogether() throws Exception {
    Process hosts = start("20", "none");
    Processes.await(hosts, folder.resolve("log"));

    assertThat(host("a").exitCode()).as(host("a").output()).isZero();
    assertThat(host("b").exitCode()).as(host("b").output()).isZero();
    assertThat(host("a").output()).contains("machine 1 has joined from 10.77.0.2");
    assertThat(weightsOf(0, host("a"))).isEqualTo(weightsOf(1, host("a")));
    assertThat(folder.resolve("out/checkpoint-20/model.safetensors")).exists();
  }

  @Test
  void endWithAnErrorOnBothSidesWhenOneIsCutOff() throws Exception {
    Process hosts = start("100000", "wait");
    for (int rank = 0; rank < 2; rank++) {
      Path running = folder.resolve("out/running-" + rank);
      Processes.awaitThat("rank " + rank + " trains", () -> Files.exists(running));
    }

    Files.writeString(folder.resolve("cut"), "now");
    Processes.await(hosts, folder.resolve("log"));

    assertThat(host("a").exitCode()).isEqualTo(1);
    assertThat(host("a").output()).contains("machine 1 (10.77.0.2) cannot be reached any more");
    assertThat(host("b").exitCode()).isEqualTo(1);
    assertThat(host("b").output()).contains("machine 0 (10.77.0.1) cannot be reached any more");
    Processes.awaitEnd(List.of(pid(0), pid(1)));
  }

  private long pid(int rank) throws IOException {
    return Long.parseLong(Files.readString(folder.resolve("out/running-" + rank)));
  }
}
