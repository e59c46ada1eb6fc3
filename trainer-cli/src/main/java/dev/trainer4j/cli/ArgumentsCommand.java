// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli;

import dev.trainer4j.args.ArgumentReader;
import dev.trainer4j.args.ArgumentTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * A command whose flags are the arguments of tables. The words of its command line go to {@link ArgumentReader}, which reads {@code
 * --config} before them, knows Hugging Face's older names and reports all mistakes at once; help and shell completion are made of
 * the same tables when they are asked for.
 */
@Command
public abstract class ArgumentsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--help-all",
      usageHelp = true,
      description = "Explain every flag of the command and exit.")
  private boolean helpAll;

  @Parameters(arity = "0..*", hidden = true)
  private List<String> words = new ArrayList<>();

  /** What flags and configuration files may set, in the order of the help. */
  protected abstract List<ArgumentTable<?, ?>> tables();

  /** The flags that {@code --help} shows. */
  protected abstract Set<String> essentials();

  /** Gives words that are no flags the flags that they stand for; there are none of these by default. */
  protected List<String> asFlags(List<String> given) {
    return given;
  }

  /** Does the work; returns the exit code. */
  protected abstract int run(ArgumentReader.Reading arguments) throws Exception;

  @Override
  public final Integer call() throws Exception {
    ArgumentReader reader = ArgumentReader.of(tables().toArray(ArgumentTable<?, ?>[]::new));
    return run(reader.fromCommandLine(asFlags(words).toArray(String[]::new)));
  }

  protected final CommandSpec spec() {
    return spec;
  }

  protected final Console console() {
    return Console.of(spec.commandLine());
  }

  final boolean helpAll() {
    return helpAll;
  }
}
