// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import dev.trainer4j.file.FolderTree;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code test}: trains a small network as configured, and compares it with a training in one process. */
@Command(
    name = "test",
    description =
        "Trains a small network as configured, and again in one process, and compares the weights.",
    mixinStandardHelpOptions = true)
public final class TestCommand extends ShellCommand {

  private static final int GLOBAL_BATCH = 64;

  /** Sums over ranks round otherwise; bfloat16 and float16 keep three digits. */
  private static final double TOLERANCE = 1e-4;

  private static final double TOLERANCE_OF_HALVES = 5e-2;

  @Option(
      names = {"--config_file", "--config-file"},
      description = "which configuration; by default Accelerate's own")
  private @Nullable Path file;

  @Override
  int run(PrintWriter out) throws IOException, InterruptedException {
    AccelerateConfig config = config();
    LaunchSettings settings = LaunchSettings.of(Map.of(), Optional.of(config));
    JobPlan plan = JobPlan.of(settings, System.getenv());
    if (plan.machines() > 1) {
      throw new LaunchException(
          "the test runs on one machine, but num_machines is "
              + plan.machines()
              + "; start your program with launch on all machines, or give a configuration of one");
    }
    if (GLOBAL_BATCH % plan.processes() != 0) {
      throw new LaunchException(
          "the test has batches of "
              + GLOBAL_BATCH
              + " samples, which num_processes "
              + plan.processes()
              + " does not divide");
    }
    out.println(
        "Training a small network in "
            + plan.processes()
            + " process(es), as "
            + config.source()
            + " says, and in one ...");
    out.flush();
    Path folder = Files.createTempDirectory("trainer4j-test");
    try {
      List<Double> several = train(settings, plan.processes(), folder.resolve("several"));
      List<Double> one = train(inOneProcess(settings), 1, folder.resolve("one"));
      return verdict(settings, several, one, out);
    } catch (IllegalStateException e) {
      out.println("FAILED: " + e.getMessage());
      return 1;
    } finally {
      FolderTree.delete(folder);
    }
  }

  private AccelerateConfig config() {
    Path place = file == null ? ConfigFile.defaultPlace(System.getenv()) : file;
    if (!Files.exists(place)) {
      throw new LaunchException(
          "there is no configuration at " + place + "; write one with: config, or config default");
    }
    return AccelerateConfig.read(place);
  }

  /** The same, without what several processes share out. */
  private static LaunchSettings inOneProcess(LaunchSettings settings) {
    Map<String, String> values = new HashMap<>(settings.values());
    values.put("num_processes", "1");
    List.of("use_fsdp", "use_deepspeed", "multi_gpu").forEach(values::remove);
    return new LaunchSettings(values, settings.source());
  }

  private static List<Double> train(LaunchSettings settings, int processes, Path folder)
      throws InterruptedException {
    List<String> arguments = List.of(folder.toString(), String.valueOf(GLOBAL_BATCH / processes));
    WorkerCommand worker = WorkerCommand.of(SelfTest.class.getName(), arguments, List.of());
    LaunchResult result = Launch.run(settings, worker, Map.of(), false).orThrow();
    return result.output().get(0).stream()
        .filter(line -> line.startsWith(SelfTest.RESULT))
        .findFirst()
        .map(line -> line.substring(SelfTest.RESULT.length()).split(" "))
        .map(List::of)
        .orElseThrow(() -> new IllegalStateException("rank 0 printed no weights"))
        .stream()
        .map(Double::valueOf)
        .toList();
  }

  private static int verdict(
      LaunchSettings settings, List<Double> several, List<Double> one, PrintWriter out) {
    double largest = 0;
    for (int i = 0; i < one.size(); i++) {
      largest =
          Math.max(
              largest,
              Math.abs(several.get(i) - one.get(i)) / Math.max(1e-2, Math.abs(one.get(i))));
    }
    boolean halves = !settings.text("mixed_precision").orElse("no").equals("no");
    double allowed = halves ? TOLERANCE_OF_HALVES : TOLERANCE;
    boolean good = largest <= allowed;
    out.printf(
        Locale.ROOT,
        "Largest relative difference of %d weights: %.1e, allowed %.0e%n",
        one.size(),
        largest,
        allowed);
    out.println(
        good
            ? "Passed: trained as configured, with the result of one process."
            : "FAILED: the processes together trained something else than one alone.");
    return good ? 0 : 1;
  }
}
