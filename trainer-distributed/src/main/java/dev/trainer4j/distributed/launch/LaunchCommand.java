// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * {@code launch [flags] MainClass args...}: starts a class in several processes. Its flags are those of {@link LaunchFlags}, written
 * with underscores or dashes; what stands behind the class is the class's own.
 */
public final class LaunchCommand implements Callable<Integer> {

  private static final int USAGE = 2;

  /** Of each rank, for the report of a failure. */
  private static final int KEPT_LINES = 60;

  private static final Map<String, String> SHORT =
      Map.of("quiet", "-q", "tee", "-t", "module", "-m");

  private final CommandSpec spec;

  private LaunchCommand() {
    spec = CommandSpec.wrapWithoutInspection(this);
  }

  /** Returns the command, to be executed or added to a program. */
  public static CommandLine commandLine() {
    return commandLine(Set.of());
  }

  /**
   * Returns the command for a program that gives its commands options of its own.
   *
   * @param shared their names, such as {@code --quiet}; they stand for the flag of the same name
   */
  static CommandLine commandLine(Set<String> shared) {
    CommandSpec spec = new LaunchCommand().spec;
    spec.name("launch").mixinStandardHelpOptions(!shared.contains("--help"));
    LaunchFlags.ALL.values().stream()
        .filter(flag -> !shared.contains("--" + flag.name()))
        .forEach(flag -> spec.addOption(option(flag)));
    spec.addPositional(
        PositionalParamSpec.builder()
            .index("0")
            .paramLabel("MainClass")
            .arity("1")
            .type(String.class)
            .description("class with a main method")
            .build());
    spec.addPositional(
        PositionalParamSpec.builder()
            .index("1..*")
            .paramLabel("args")
            .arity("0..*")
            .type(List.class)
            .auxiliaryTypes(String.class)
            .description("what it is called with")
            .build());
    spec.usageMessage()
        .description(
            "Starts a class in several processes. Flags are those of accelerate launch, with underscores or dashes.");
    spec.usageMessage().customSynopsis("launch [FLAGS] MainClass [ARGS]...");
    CommandLine line = new CommandLine(spec).setStopAtPositional(true);
    line.getHelpSectionMap()
        .put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, help -> LaunchHelp.options(spec, help));
    return line;
  }

  private static OptionSpec option(LaunchFlag flag) {
    List<String> names = new ArrayList<>(List.of("--" + flag.name()));
    if (flag.name().contains("_")) {
      names.add("--" + flag.name().replace('_', '-'));
    }
    if (SHORT.containsKey(flag.name())) {
      names.add(SHORT.get(flag.name()));
    }
    boolean bare = flag.form() == LaunchFlag.Form.SWITCH;
    return OptionSpec.builder(names.toArray(String[]::new))
        .type(bare ? boolean.class : String.class)
        .arity(bare ? "0" : "1")
        .paramLabel("VALUE")
        .hidden(flag.refusal().isPresent())
        .description(flag.help())
        .build();
  }

  @Override
  public Integer call() throws InterruptedException {
    CommandLine.ParseResult result = spec.commandLine().getParseResult();
    try {
      return start(flags(result), words(result));
    } catch (LaunchException e) {
      spec.commandLine().getErr().println("launch: " + e.getMessage());
      return USAGE;
    }
  }

  private static Map<String, String> flags(CommandLine.ParseResult result) {
    Map<String, String> given = new LinkedHashMap<>();
    for (LaunchFlag flag : LaunchFlags.ALL.values()) {
      @Nullable Object value = result.matchedOptionValue("--" + flag.name(), null);
      if (value != null) {
        given.put(flag.name(), value.toString());
      }
    }
    return given;
  }

  private static List<String> words(CommandLine.ParseResult result) {
    List<String> words = new ArrayList<>();
    String mainClass = result.matchedPositionalValue(0, "");
    words.add(mainClass);
    List<String> arguments = result.matchedPositionalValue(1, List.of());
    words.addAll(arguments);
    return words;
  }

  private static int start(Map<String, String> flags, List<String> words)
      throws InterruptedException {
    LaunchSettings settings = LaunchSettings.of(flags, config(flags));
    WorkerCommand worker =
        WorkerCommand.of(words.get(0), words.subList(1, words.size()), List.of());
    JobPlan plan = JobPlan.of(settings, System.getenv());
    Attempts attempts =
        new Attempts(settings, plan, worker, Map.of(), System.out, System.err, KEPT_LINES);
    return MachineRun.run(settings, plan, worker, attempts);
  }

  /** The file that is named; else Accelerate's own, which --cpu leaves aside as the original does. */
  private static Optional<AccelerateConfig> config(Map<String, String> flags) {
    @Nullable String named = flags.get("config_file");
    if (named != null) {
      return Optional.of(AccelerateConfig.read(Path.of(named)));
    }
    String place = ConfigFile.defaultPlace(System.getenv()).toString();
    return flags.containsKey("cpu")
        ? Optional.empty()
        : ConfigFile.readDefault(System.getenv()).map(values -> AccelerateConfig.of(place, values));
  }
}
