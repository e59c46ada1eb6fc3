// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.generate;

import dev.trainer4j.args.ArgumentReader;
import dev.trainer4j.args.ArgumentTable;
import dev.trainer4j.cli.ArgumentsCommand;
import dev.trainer4j.cli.ExitCodes;
import dev.trainer4j.transformers.generation.GenerationConfig;
import java.util.List;
import picocli.CommandLine.Command;

/** A command that loads a model and writes with it: its flags overrule the model's own settings. */
@Command
abstract class WriterCommand extends ArgumentsCommand {

  /** What the command takes beside the settings. */
  abstract ArgumentTable<WriterArguments, WriterArguments.Builder> own();

  /** The most new tokens, where neither the model nor a flag says. */
  abstract int usualNewTokens();

  /** Refuses what cannot be before a model is loaded. */
  void check(WriterArguments args) {}

  /** Writes. */
  abstract void write(Writer writer, WriterArguments args, GenerationConfig settings)
      throws Exception;

  @Override
  protected final List<ArgumentTable<?, ?>> tables() {
    return List.of(own(), GenerationConfig.table());
  }

  @Override
  protected final List<String> leading() {
    return List.of("model_name_or_path");
  }

  @Override
  protected final int run(ArgumentReader.Reading read) throws Exception {
    WriterArguments args = read.get(own());
    check(args);
    try (Writer writer = Writer.load(args, console())) {
      GenerationConfig usual = writer.settings(usualNewTokens(), args.seed());
      ArgumentTable<GenerationConfig, GenerationConfig.Builder> over =
          GenerationConfig.table().startingFrom(usual::toBuilder);
      GenerationConfig settings =
          read(List.of(own(), over)).get(over).toBuilder().seed(usual.seed()).build();
      write(writer, args, settings.requireEffect(usual));
    }
    return ExitCodes.OK;
  }
}
