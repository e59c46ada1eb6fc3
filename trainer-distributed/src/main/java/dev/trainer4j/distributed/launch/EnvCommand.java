// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import ai.djl.engine.Engine;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code env}: says what is installed, for reports of faults. */
@Command(
    name = "env",
    description =
        "Says which versions, devices and configuration there are, for reports of faults.",
    mixinStandardHelpOptions = true)
public final class EnvCommand extends ShellCommand {

  @Option(
      names = {"--config_file", "--config-file"},
      description = "configuration to show; by default Accelerate's own")
  private @Nullable Path file;

  @Override
  int run(PrintWriter out) throws IOException {
    facts().forEach((name, value) -> out.println("- " + name + ": " + value));
    Path config = file == null ? ConfigFile.defaultPlace(System.getenv()) : file;
    if (file == null && !Files.exists(config)) {
      out.println("- configuration: none at " + config);
      return 0;
    }
    out.println("- configuration, " + config + ":");
    ConfigFile.read(config).forEach((key, value) -> out.println("    " + key + ": " + value));
    return 0;
  }

  private static Map<String, String> facts() {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("Trainer4J", version(EnvCommand.class));
    facts.put("DJL", Engine.getDjlVersion());
    facts.put("Java", System.getProperty("java.vm.name") + " " + Runtime.version());
    facts.put(
        "system",
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + " "
            + System.getProperty("os.arch"));
    facts.put("processors", String.valueOf(Runtime.getRuntime().availableProcessors()));
    facts.put("memory", memory());
    facts.put("Open MPI", firstLine("mpirun", "--version"));
    facts.put("Slurm", firstLine("srun", "--version"));
    List<String> gpus = Gpus.ofThisMachine(System.getenv());
    facts.put("GPUs", gpus.isEmpty() ? "none" : String.join(",", gpus));
    facts.put(
        "NVIDIA driver",
        firstLine(
            "nvidia-smi", "--query-gpu=driver_version,name,memory.total", "--format=csv,noheader"));
    return facts;
  }

  private static String version(Class<?> type) {
    Package home = type.getPackage();
    String version = home == null ? null : home.getImplementationVersion();
    return version == null ? "from its classes, not a jar" : version;
  }

  private static String memory() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? Sizes.text((double) system.getTotalMemorySize())
        : "unknown";
  }

  private static String firstLine(String program, String... args) {
    if (JobCommand.find(program, System.getenv()).isEmpty()) {
      return "not installed";
    }
    List<String> words = new ArrayList<>(List.of(program));
    words.addAll(List.of(args));
    try {
      Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
      process.getOutputStream().close();
      try (BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
        return Optional.ofNullable(lines.readLine()).orElse("says nothing");
      }
    } catch (IOException e) {
      return "cannot be asked: " + e.getMessage();
    }
  }
}
