// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli;

import dev.trainer4j.cli.folder.ConvertCommand;
import dev.trainer4j.cli.folder.MergeAdapterCommand;
import dev.trainer4j.cli.folder.QuantizeCommand;
import dev.trainer4j.cli.generate.ChatCommand;
import dev.trainer4j.cli.generate.GenerateCommand;
import dev.trainer4j.cli.inspect.CompareCommand;
import dev.trainer4j.cli.inspect.InspectCommand;
import dev.trainer4j.cli.train.EvaluateCommand;
import dev.trainer4j.cli.train.PredictCommand;
import dev.trainer4j.cli.train.SearchCommand;
import dev.trainer4j.cli.train.SftCommand;
import dev.trainer4j.cli.train.TrainCommand;
import dev.trainer4j.distributed.launch.Launcher;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import picocli.CommandLine;

/**
 * Puts the program together from its commands. Making it loads no class of DJL, so that {@code trainer --help} answers at once: a
 * command's class holds flags, and names what does the work only where it is called.
 */
final class Program {
  private Program() {}

  /** The commands, in the order of the help. One line each. */
  private static List<Object> commands() {
    return List.of(
        new TrainCommand(),
        new EvaluateCommand(),
        new PredictCommand(),
        new SftCommand(),
        new GenerateCommand(),
        new ChatCommand(),
        new InspectCommand(),
        new CompareCommand(),
        new ConvertCommand(),
        new MergeAdapterCommand(),
        new QuantizeCommand(),
        new SearchCommand(),
        new CompletionCommand());
  }

  static CommandLine commandLine() {
    CommandLine program = new CommandLine(new TrainerCommand());
    commands().forEach(program::addSubcommand);
    for (CommandLine command : program.getSubcommands().values()) {
      // Words that it has no option for are the business of its tables.
      command.setUnmatchedOptionsArePositionalParams(
          command.getCommand() instanceof ArgumentsCommand);
    }
    Launcher.addTo(program);
    // Results and help are text in UTF-8, whatever the locale says.
    program.setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8));
    program.setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8));
    program.setExpandAtFiles(false);
    program.setUsageHelpWidth(100);
    program.setUsageHelpAutoWidth(true);
    program.setUsageHelpLongOptionsMaxWidth(40);
    program.setHelpFactory(ArgumentsHelp::of);
    Failures failures = new Failures();
    program.setExecutionExceptionHandler(failures);
    program.setParameterExceptionHandler(failures);
    CommandLine.IExecutionStrategy last = new CommandLine.RunLast();
    program.setExecutionStrategy(
        parsed -> {
          ((TrainerCommand) program.getCommand()).setLogLevel();
          return last.execute(parsed);
        });
    return program;
  }
}
