// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Launchers as processes, and what they leave behind. */
final class Processes {

  private static final long PATIENCE_SECONDS = 90;

  private Processes() {}

  /** What a launcher that has ended said. */
  record Ended(int exitCode, String output) {}

  /** Starts the program as a user does, with this JVM's class path. */
  static Process launcher(Path log, Map<String, String> environment, String... words)
      throws IOException {
    return start(log, environment, command(words));
  }

  static List<String> command(String... words) {
    List<String> command =
        new ArrayList<>(List.of(WorkerCommand.java(), "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-cp", WorkerCommand.classPath(), Launcher.class.getName()));
    command.addAll(List.of(words));
    return command;
  }

  static Process start(Path log, Map<String, String> environment, List<String> command)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    // The machine's own configuration is not the test's.
    builder.environment().put("HF_HOME", log.resolveSibling("hf-home").toString());
    builder.environment().putAll(environment);
    return builder.start();
  }

  static Ended await(Process process, Path log) throws IOException, InterruptedException {
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      throw new AssertionError("the launcher does not end; it said:\n" + Files.readString(log));
    }
    return new Ended(process.exitValue(), Files.readString(log, StandardCharsets.UTF_8));
  }

  static void signal(String name, long pid) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, String.valueOf(pid)).start().waitFor();
  }

  static void awaitThat(String what, BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("waited in vain: " + what);
      }
      Thread.sleep(50);
    }
  }

  /** Waits until so many ranks have told their process numbers. */
  static List<Long> pids(Path folder, int ranks) throws IOException, InterruptedException {
    List<Long> pids = new ArrayList<>();
    for (int rank = 0; rank < ranks; rank++) {
      Path file = folder.resolve("pid-" + rank);
      awaitThat("rank " + file + " runs", () -> Files.exists(file));
      pids.add(Long.valueOf(Files.readString(file)));
    }
    return pids;
  }

  /** A process that has ended, but that nobody has asked for its status, does not run. */
  static boolean runs(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc", String.valueOf(pid), "stat"));
      return !stat.substring(stat.lastIndexOf(')') + 2).startsWith("Z");
    } catch (IOException e) {
      return false;
    }
  }

  static void awaitEnd(List<Long> pids) throws InterruptedException {
    for (long pid : pids) {
      awaitThat("process " + pid + " ends", () -> !runs(pid));
    }
  }
}
