// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code trainer} itself: what holds for all commands. */
@Command(
    name = "trainer",
    versionProvider = Versions.class,
    header = "Train, evaluate and use models of text, with Hugging Face's names and files.",
    synopsisSubcommandLabel = "COMMAND",
    commandListHeading = "%nCommands:%n",
    optionListHeading = "%nOptions of every command:%n",
    footer = {
      "",
      "The first steps, with a file that has a column of texts and one of labels:",
      "  trainer train --model_name_or_path MODEL --train_file reviews.csv --output_dir out",
      "  trainer predict out new.csv",
      "",
      "MODEL is a folder, or a name of the Hugging Face Hub such as distilbert/distilbert-base-uncased.",
      "'trainer COMMAND --help' explains a command. Results go to standard output, all else to standard error.",
      "Exit codes: 0 success, 1 the run failed, 2 a mistake in the command line."
    })
final class TrainerCommand implements Runnable {
  /** Read by the configuration of Logback that the runnable jar has. */
  static final String LOG_LEVEL = "trainer4j.log.level";

  @Spec private CommandSpec spec;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Explain the command and exit.")
  @SuppressWarnings("UnusedVariable") // picocli acts on it.
  private boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Print the versions of the program and what it runs on, and exit.")
  @SuppressWarnings("UnusedVariable") // picocli acts on it.
  private boolean version;

  @Option(
      names = "--stacktrace",
      scope = ScopeType.INHERIT,
      description = "Show where in the program an error came from.")
  private boolean stacktrace;

  @Option(
      names = {"-q", "--quiet"},
      scope = ScopeType.INHERIT,
      description = "Log warnings and errors only, and show no progress.")
  private boolean quiet;

  @Option(
      names = {"-v", "--verbose"},
      scope = ScopeType.INHERIT,
      description = "Log more than usual.")
  private boolean verbose;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "What shall be done? Name a command, such as 'trainer train'.");
  }

  boolean stacktrace() {
    return stacktrace;
  }

  boolean quiet() {
    return quiet;
  }

  /** Before the first logger is made. */
  void setLogLevel() {
    if (quiet && verbose) {
      throw new ParameterException(spec.commandLine(), "--quiet and --verbose exclude each other.");
    }
    if (quiet || verbose) {
      System.setProperty(LOG_LEVEL, quiet ? "WARN" : "DEBUG");
    }
  }
}
