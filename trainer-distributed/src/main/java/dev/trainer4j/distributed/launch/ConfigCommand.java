// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code config}: asks how is to be trained, and writes what Accelerate's launcher and ours read. */
@Command(
    name = "config",
    description = "Asks how is to be trained, and writes a configuration for launch.",
    subcommands = {ConfigCommand.Default.class, ConfigCommand.Update.class},
    mixinStandardHelpOptions = true)
public final class ConfigCommand extends ShellCommand {

  @Option(
      names = {"--config_file", "--config-file"},
      description =
          "where to write; by default accelerate/default_config.yaml in Hugging Face's cache")
  private @Nullable Path file;

  private static Path place(@Nullable Path named) {
    return named == null ? ConfigFile.defaultPlace(System.getenv()) : named;
  }

  private static int write(Path file, Map<String, Object> values, PrintWriter out) {
    // What cannot be used is not written.
    AccelerateConfig.of(file.toString(), Map.copyOf(values));
    ConfigFile.write(file, values);
    out.println("Written: " + file);
    return 0;
  }

  @Override
  int run(PrintWriter out) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset()));
    return write(place(file), new ConfigQuestions(new Dialog(in, out)).ask(), out);
  }

  /** {@code config default}: asks nothing. */
  @Command(
      name = "default",
      description =
          "Writes a configuration for this machine without asking; one that is there stays.",
      mixinStandardHelpOptions = true)
  static final class Default extends ShellCommand {
    @Option(
        names = {"--config_file", "--config-file"},
        description = "where to write")
    private @Nullable Path file;

    @Option(
        names = {"--mixed_precision", "--mixed-precision"},
        defaultValue = "no",
        description = "no, bf16 or fp16; no by default")
    private String mixedPrecision = "no";

    @Override
    int run(PrintWriter out) {
      Path target = place(file);
      if (Files.exists(target)) {
        throw new LaunchException(
            target
                + " is there already and stays as it is; name another file with --config_file, or"
                + " delete it");
      }
      String precision = mixedPrecision.toLowerCase(Locale.ROOT);
      Optional.ofNullable(LaunchFlags.ALL.get("mixed_precision"))
          .flatMap(flag -> flag.problem(precision))
          .ifPresent(
              problem -> {
                throw new LaunchException(
                    "--mixed_precision is " + mixedPrecision + ": " + problem);
              });
      return write(
          target, DefaultConfig.ofThisMachine(precision, Gpus.ofThisMachine(System.getenv())), out);
    }
  }

  /** {@code config update}: adds keys of this version. */
  @Command(
      name = "update",
      description = "Adds to a configuration what this version knows and the file lacks.",
      mixinStandardHelpOptions = true)
  static final class Update extends ShellCommand {
    @Option(
        names = {"--config_file", "--config-file"},
        description = "which one; by default Accelerate's own")
    private @Nullable Path file;

    @Override
    int run(PrintWriter out) {
      Path target = place(file);
      return write(target, DefaultConfig.updated(ConfigFile.read(target)), out);
    }
  }
}
