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
import picocli.CommandLine.ParameterException;
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

  /** The arguments that words before the first flag set, in their order; none by default. */
  protected List<String> leading() {
    return List.of();
  }

  /** Does the work; returns the exit code. */
  protected abstract int run(ArgumentReader.Reading arguments) throws Exception;

  @Override
  public final Integer call() throws Exception {
    return run(read(tables()));
  }

  /** Reads the command line by these tables, which may start from other defaults than those of {@link #tables}. */
  protected final ArgumentReader.Reading read(List<ArgumentTable<?, ?>> by) {
    refuseTokens();
    List<String> named = new ArrayList<>(words);
    List<String> names = leading();
    for (int i = 0; i < names.size() && 2 * i < named.size() && !isFlag(named.get(2 * i)); i++) {
      named.add(2 * i, "--" + names.get(i));
    }
    return ArgumentReader.of(by.toArray(ArgumentTable<?, ?>[]::new))
        .fromCommandLine(named.toArray(String[]::new));
  }

  /** What stands in a command line stands in the list of processes, for all users of the computer to see. */
  private void refuseTokens() {
    for (String word : words) {
      if (word.split("=", 2)[0].replace('-', '_').equals("__hub_token")) {
        throw new ParameterException(
            spec.commandLine(),
            "--hub_token is not taken from a command line, which every user of the computer sees in the list of"
                + " processes: set the environment variable HF_TOKEN, or run 'hf auth login' once, or write hub_token"
                + " into the file of --config.");
      }
    }
  }

  private static boolean isFlag(String word) {
    return word.startsWith("-");
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
