// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.gpu;

import ai.djl.Device;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.examples.ClassPath;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A step in a process of its own: what goes wrong on a GPU can end everything that its process does there. */
final class StepProcess {

  private static final int PATIENCE_MINUTES = 20;

  private static final ObjectMapper JSON = new ObjectMapper();

  private StepProcess() {}

  /** Starts a process with this one's classes, options and environment, and reads what it found. */
  static Finding run(int number, Device device, Path folder)
      throws IOException, InterruptedException {
    Path result = folder.resolve("step-" + number + ".json");
    Path log = folder.resolve("step-" + number + ".log");
    Files.deleteIfExists(result);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> option.startsWith("-D") || option.startsWith("-X"))
        .forEach(command::add);
    command.addAll(List.of("-DOPT_OUT_TRACKING=true", "-cp", ClassPath.ofThisProcess()));
    command.add(StepProcess.class.getName());
    command.add(String.valueOf(number));
    command.add(device.isGpu() ? String.valueOf(device.getDeviceId()) : "cpu");
    command.add(folder.toString());
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    if (!process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES)) {
      process.destroyForcibly().waitFor();
      return Finding.of(false, "not done after " + PATIENCE_MINUTES + " minutes; see " + log);
    }
    if (!Files.exists(result)) {
      return Finding.of(
          false, "the process ended with status " + process.exitValue() + "; see " + log);
    }
    return JSON.readValue(result.toFile(), Finding.class);
  }

  /** Runs one step, and writes what it found. */
  public static void main(String[] args) throws IOException {
    int number = Integer.parseInt(args[0]);
    Device device = args[1].equals("cpu") ? Device.cpu() : Device.gpu(Integer.parseInt(args[1]));
    Path folder = Path.of(args[2]);
    Step step = Steps.ALL.get(number - 1);
    Lab lab = new Lab(device, folder.resolve("step-" + number));
    Finding finding;
    try {
      finding = step.work().run(lab);
    } catch (IOException | RuntimeException | LinkageError | OutOfMemoryError e) {
      StringWriter trace = new StringWriter();
      e.printStackTrace(new PrintWriter(trace));
      System.out.println(trace);
      finding = Finding.of(false, Machine.message(e) + " (all of it: step-" + number + ".log)");
    }
    JSON.writeValue(folder.resolve("step-" + number + ".json").toFile(), finding);
    System.exit(0); // After a fault on a GPU, libraries may hang at their end.
  }
}
