// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The commands of several processes, as a program: {@code java -cp ... dev.trainer4j.distributed.launch.Launcher launch --num_processes
 * 2 com.example.Main}.
 */
@Command(
    name = "launcher",
    description = "Starts trainings in several processes.",
    mixinStandardHelpOptions = true)
public final class Launcher {

  private Launcher() {}

  /** Runs one command, and ends this process with its exit code. */
  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  /** Returns the program, to be executed. */
  public static CommandLine commandLine() {
    CommandLine program = new CommandLine(new Launcher());
    addTo(program);
    program.setParameterExceptionHandler(Launcher::explain);
    return program;
  }

  /** In a few lines: the help of {@code launch} alone has some seventy, above which nobody sees the mistake. */
  private static int explain(ParameterException mistake, String[] args) {
    CommandLine command = mistake.getCommandLine();
    PrintWriter err = command.getErr();
    String name = command.getCommandSpec().qualifiedName();
    err.println(name + ": " + mistake.getMessage());
    if (!UnmatchedArgumentException.printSuggestions(mistake, err)) {
      err.println("'" + name + " --help' explains the command.");
    }
    return CommandLine.ExitCode.USAGE;
  }

  /**
   * Adds {@code launch}, {@code config}, {@code env}, {@code test}, {@code estimate-memory} and {@code merge-weights} to another
   * program.
   */
  public static void addTo(CommandLine program) {
    Set<String> shared = inherited(program);
    program.addSubcommand("launch", LaunchCommand.commandLine(shared));
    List.of(
            new ConfigCommand(),
            new EnvCommand(),
            new TestCommand(),
            new EstimateMemoryCommand(),
            new MergeWeightsCommand())
        .forEach(command -> program.addSubcommand(without(shared, new CommandLine(command))));
  }

  /** Options that the program has for all its commands. */
  private static Set<String> inherited(CommandLine program) {
    return program.getCommandSpec().options().stream()
        .filter(option -> option.scopeType() == ScopeType.INHERIT)
        .flatMap(option -> Arrays.stream(option.names()))
        .collect(Collectors.toUnmodifiableSet());
  }

  private static CommandLine without(Set<String> shared, CommandLine command) {
    if (shared.contains("--help")) {
      command.getCommandSpec().mixinStandardHelpOptions(false);
      command.getSubcommands().values().forEach(inner -> without(shared, inner));
    }
    return command;
  }
}
