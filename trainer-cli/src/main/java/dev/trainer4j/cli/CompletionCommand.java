// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code trainer generate-completion}: the script by which a shell completes commands and flags. */
@Command(
    name = "generate-completion",
    header = "Print a script that lets bash and zsh complete commands and flags.",
    footer = {"", "  source <(trainer generate-completion)"})
final class CompletionCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    CommandLine root = spec.root().commandLine();
    CommandSpec described = CommandSpec.create().name("trainer");
    spec.root().options().forEach(option -> described.addOption(copy(option)));
    root.getSubcommands()
        .forEach(
            (name, command) ->
                described.addSubcommand(name, ArgumentsHelp.complete(command.getCommandSpec())));
    spec.commandLine().getOut().println(AutoComplete.bash("trainer", new CommandLine(described)));
    return ExitCodes.OK;
  }

  private static CommandLine.Model.OptionSpec copy(CommandLine.Model.OptionSpec option) {
    return CommandLine.Model.OptionSpec.builder(option)
        .scopeType(CommandLine.ScopeType.LOCAL)
        .build();
  }
}
