// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.TreeMap;

/** What tests launch. The first argument says what to do. */
public final class Program {

  private Program() {}

  public static void main(String[] args) throws Exception {
    String rank = System.getenv("RANK");
    switch (args[0]) {
      case "environment" -> printEnvironment(args);
      case "throw" -> throwOn(rank, args[1]);
      case "exit" -> exitOn(rank, args[1]);
      case "sleep" -> sleep(Path.of(args[1]), rank);
      case "save" -> sleepAndSave(Path.of(args[1]), rank);
      case "once" -> failOnce(rank);
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  private static void printEnvironment(String[] args) {
    new TreeMap<>(System.getenv()).forEach((name, value) -> System.out.println(name + "=" + value));
    System.out.println("args=" + Arrays.asList(args));
    System.out.println("threads=" + System.getProperty("ai.djl.pytorch.num_threads"));
  }

  private static void throwOn(String rank, String failing) throws InterruptedException {
    if (rank.equals(failing)) {
      throw new IllegalStateException("the data of rank " + rank + " is broken");
    }
    Thread.sleep(60_000);
  }

  private static void exitOn(String rank, String failing) throws InterruptedException {
    if (rank.equals(failing)) {
      System.exit(7);
    }
    Thread.sleep(60_000);
  }

  private static void failOnce(String rank) throws InterruptedException {
    String attempt = System.getenv("TRAINER4J_RESTART_COUNT");
    if (attempt.equals("0")) {
      throwOn(rank, "1");
    }
    System.out.println("attempt " + attempt);
  }

  private static void sleep(Path folder, String rank) throws Exception {
    tellPid(folder, rank);
    Thread.sleep(120_000);
  }

  private static void sleepAndSave(Path folder, String rank) throws Exception {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  try {
                    Thread.sleep(2000); // As long as a checkpoint may take.
                    Files.writeString(folder.resolve("saved-" + rank), "yes");
                  } catch (IOException | InterruptedException e) {
                    e.printStackTrace();
                  }
                }));
    sleep(folder, rank);
  }

  private static void tellPid(Path folder, String rank) throws IOException {
    Path draft = folder.resolve("draft-" + rank);
    Files.writeString(draft, String.valueOf(ProcessHandle.current().pid()));
    Files.move(draft, folder.resolve("pid-" + rank));
  }
}
