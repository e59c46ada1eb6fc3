// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.fuzz;

import dev.trainer4j.examples.ClassPath;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Runs hostile files against all readers, in processes of their own, and tells what ended one, hung in it
 * or came out as an exception that nobody documented. The same numbers make the same files.
 */
public final class FuzzCampaign {

  private final long seed;
  private final int patience;
  private final Path folder;
  private final List<String> findings = new ArrayList<>();
  private long refused;

  /**
   * Prepares a campaign.
   *
   * @param patience seconds without a word after which an input counts as hanging
   * @param folder for the files
   */
  FuzzCampaign(long seed, int patience, Path folder) {
    this.seed = seed;
    this.patience = patience;
    this.folder = folder;
  }

  /**
   * Runs the campaign: the number of inputs in all (200,000), the seed (1), and the targets (all), each
   * with the same share.
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    long inputs = args.length > 0 ? Long.parseLong(args[0]) : 200_000;
    long seed = args.length > 1 ? Long.parseLong(args[1]) : 1;
    List<String> targets = args.length > 2 ? List.of(args[2].split(",")) : FuzzChild.targets();
    FuzzCampaign campaign = new FuzzCampaign(seed, 10, Files.createTempDirectory("fuzz"));
    for (String target : targets) {
      long begin = System.nanoTime();
      long refusedBefore = campaign.refused;
      int findingsBefore = campaign.findings.size();
      campaign.run(target, inputs / targets.size());
      System.out.printf(
          "%s: %d inputs, %d refused, %d findings, %d s%n",
          target,
          inputs / targets.size(),
          campaign.refused - refusedBefore,
          campaign.findings.size() - findingsBefore,
          TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin));
    }
    campaign.findings.forEach(System.out::println);
  }

  /** Runs one target. */
  void run(String target, long inputs) throws IOException, InterruptedException {
    long next = 0;
    while (next < inputs) {
      next = runChild(target, next, inputs);
    }
  }

  /** Returns what was found: the target, the number of the input, and what happened. */
  List<String> findings() {
    return findings;
  }

  /** Returns how many inputs were refused with an exception. */
  long refused() {
    return refused;
  }

  /** Runs a process from an input on; returns the number behind the last one that is dealt with. */
  private long runChild(String target, long first, long end)
      throws IOException, InterruptedException {
    Process child = start(target, first, end);
    BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    Thread reader = new Thread(() -> read(child, lines), "fuzz output");
    reader.setDaemon(true);
    reader.start();
    long current = first - 1;
    try {
      while (true) {
        // The first word comes after libraries are loaded.
        String line = lines.poll(current < first ? 120 : patience, TimeUnit.SECONDS);
        if (line == null) {
          findings.add(target + " " + current + ": hangs for more than " + patience + " s");
          return current + 1;
        } else if (line.startsWith("start ")) {
          current = Long.parseLong(line.substring(6));
        } else if (line.startsWith("bare ")) {
          findings.add(target + " " + line);
        } else if (line.equals("refused")) {
          refused++;
        } else if (line.equals("done")) {
          return end;
        } else if (line.equals("ended")) {
          int status = child.waitFor();
          findings.add(target + " " + current + ": ended the process with status " + status);
          return Math.max(current, first) + 1;
        }
      }
    } finally {
      child.destroyForcibly();
      child.waitFor();
    }
  }

  private Process start(String target, long first, long end) throws IOException {
    Files.createDirectories(folder);
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            ClassPath.ofThisProcess(),
            "-Xmx512m",
            "-XX:-CreateCoredumpOnCrash",
            "-XX:ErrorFile=" + folder.resolve("error.log"),
            "-Dai.djl.pytorch.num_threads=1",
            "-Dai.djl.offline=true",
            "-DOPT_OUT_TRACKING=true",
            "-Djava.io.tmpdir=" + folder,
            FuzzChild.class.getName(),
            target,
            String.valueOf(first),
            String.valueOf(end),
            String.valueOf(seed),
            folder.resolve(target).toString())
        .redirectError(folder.resolve(target + ".err").toFile())
        .start();
  }

  private static void read(Process child, BlockingQueue<String> lines) {
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        lines.add(line);
      }
    } catch (IOException e) {
      lines.add("reading its output failed: " + e);
    }
    lines.add("ended");
  }
}
