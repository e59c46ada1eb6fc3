// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.gpu;

import ai.djl.Device;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.trainer4j.torch.Devices;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The steps of {@code VerifyGpu}, run one after the other, and what is told of them. */
public final class Verification {

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private static final String USAGE =
      "VerifyGpu takes --steps 1,3 (default: all), --device cpu or gpu:0 (default: the first GPU,"
          + " else the CPU), --out FOLDER (default: out/verify-gpu) and --in-process";

  private final Device device;
  private final Path folder;
  private final List<Integer> steps;
  private final boolean inProcess;

  private Verification(Device device, Path folder, List<Integer> steps, boolean inProcess) {
    this.device = device;
    this.folder = folder;
    this.steps = steps;
    this.inProcess = inProcess;
  }

  /**
   * Reads the command line.
   *
   * @throws IllegalArgumentException if a flag or its value is none of those it lists, or there is no such device
   */
  public static Verification of(String... args) {
    @Nullable Device device = null;
    Path folder = Path.of("out/verify-gpu");
    List<Integer> steps = IntStream.rangeClosed(1, Steps.ALL.size()).boxed().toList();
    boolean inProcess = false;
    for (int i = 0; i < args.length; i++) {
      if (args[i].equals("--in-process")) {
        inProcess = true;
        continue;
      }
      if (i + 1 == args.length) {
        throw new IllegalArgumentException(args[i] + " has no value or is unknown. " + USAGE);
      }
      String value = args[++i];
      switch (args[i - 1]) {
        case "--steps" -> steps = Arrays.stream(value.split(",")).map(Verification::step).toList();
        case "--device" -> device = Devices.require("--device", value);
        case "--out" -> folder = Path.of(value);
        default -> throw new IllegalArgumentException(args[i - 1] + " is unknown. " + USAGE);
      }
    }
    return new Verification(device == null ? Devices.best() : device, folder, steps, inProcess);
  }

  private static int step(String text) {
    int count = Steps.ALL.size();
    if (!text.matches("\\d{1,2}") || Integer.parseInt(text) < 1 || Integer.parseInt(text) > count) {
      throw new IllegalArgumentException(
          "--steps has '" + text + "': give numbers from 1 to " + count + ". " + USAGE);
    }
    return Integer.parseInt(text);
  }

  /**
   * Runs the steps, prints a line as each ends and then the table, and writes {@code verify-gpu.json}.
   *
   * @return 1 if there is a fault, else 0
   */
  public int run(PrintStream out) throws IOException, InterruptedException {
    Files.createDirectories(folder);
    out.printf(
        "Can this machine train on a GPU? %d of %d steps%s.%n%n",
        steps.size(), Steps.ALL.size(), inProcess ? "" : ", each in a process of its own");
    Map<String, String> machine = Machine.describe();
    machine.forEach((name, value) -> out.printf("%-20s %s%n", name, value));
    out.printf("%-20s %s%n%n", "steps run on", device);
    List<Map<String, Object>> rows = new ArrayList<>();
    FindingTable table = new FindingTable().row(true, "#", "step", "expected", "found", "verdict");
    int faults = 0;
    int open = 0;
    for (int number : steps) {
      Step step = Steps.ALL.get(number - 1);
      long start = System.nanoTime();
      Finding finding = finding(number, step);
      double seconds = (System.nanoTime() - start) / 1e9;
      out.printf("step %d, %s: %s (%.0f s)%n", number, step.name(), finding.verdict(), seconds);
      table.row(
          false,
          String.valueOf(number),
          step.name(),
          step.expected(),
          finding.found(),
          finding.verdict().toString());
      faults += finding.verdict() == Verdict.FAULT ? 1 : 0;
      open += finding.verdict() == Verdict.NEEDS_A_CARD ? 1 : 0;
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("number", number);
      row.put("step", step.name());
      row.put("expected", step.expected());
      row.put("found", finding.found());
      row.put("verdict", finding.verdict().toString());
      row.put("seconds", seconds);
      row.put("figures", finding.figures());
      rows.add(row);
    }
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    all.put("device", device.toString());
    all.put("machine", machine);
    all.put("steps", rows);
    all.put("faults", faults);
    Path file = folder.resolve("verify-gpu.json");
    JSON.writeValue(file.toFile(), all);
    out.printf("%n%s%n", table);
    out.println(summary(faults, open));
    out.println("The same for a program, with all figures: " + file);
    return faults == 0 ? 0 : 1;
  }

  private String summary(int faults, int open) {
    int count = steps.size();
    if (faults > 0) {
      return faults + " of " + count + " steps found a fault.";
    }
    return device.isGpu()
        ? "No fault in " + count + " steps."
        : "No fault in "
            + count
            + " steps on the CPU. "
            + open
            + " of them only a GPU can answer: they ran, and the CPU agrees with itself.";
  }

  private Finding finding(int number, Step step) throws IOException, InterruptedException {
    return inProcess
        ? attempt(step, new Lab(device, folder.resolve("step-" + number)))
        : StepProcess.run(number, device, folder);
  }

  /** Runs a step here; what it throws is a fault. */
  static Finding attempt(Step step, Lab lab) {
    try {
      return step.work().run(lab);
    } catch (IOException | RuntimeException | LinkageError | OutOfMemoryError e) {
      return Finding.of(false, Machine.message(e));
    }
  }
}
