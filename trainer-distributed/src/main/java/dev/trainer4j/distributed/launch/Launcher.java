// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import picocli.CommandLine;
import picocli.CommandLine.Command;

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
    return program;
  }

  /**
   * Adds {@code launch}, {@code config}, {@code env}, {@code test}, {@code estimate-memory} and {@code merge-weights} to another
   * program.
   */
  public static void addTo(CommandLine program) {
    program.addSubcommand("launch", LaunchCommand.commandLine());
    program.addSubcommand("config", new ConfigCommand());
    program.addSubcommand("env", new EnvCommand());
    program.addSubcommand("test", new TestCommand());
    program.addSubcommand("estimate-memory", new EstimateMemoryCommand());
    program.addSubcommand("merge-weights", new MergeWeightsCommand());
  }
}
