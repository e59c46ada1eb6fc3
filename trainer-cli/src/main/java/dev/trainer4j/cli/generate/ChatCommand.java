// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.generate;

import dev.trainer4j.args.ArgumentTable;
import dev.trainer4j.callbacks.Terminal;
import dev.trainer4j.cli.UsageException;
import dev.trainer4j.cli.WholeFile;
import dev.trainer4j.transformers.generation.GenerationConfig;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import picocli.CommandLine.Command;

/** {@code trainer chat}. */
@Command(
    name = "chat",
    header = "Talk with a model.",
    description = {
      "",
      "Each line is what you say; the answer appears as it is written. The conversation is rendered"
          + " by the chat template of the tokenizer, and remembered. Ctrl-C stops an answer, Ctrl-D"
          + " or /exit ends the chat, /help lists what else there is. Where standard input is a"
          + " file or a pipe, each of its lines is answered, and nothing but the answers is"
          + " printed."
    },
    customSynopsis = "trainer chat MODEL [--flag VALUE]...",
    footer = {
      "",
      "Examples:",
      "  trainer chat out --system 'You answer in one sentence.'",
      "  trainer chat Qwen/Qwen2.5-0.5B-Instruct --adapter out --do_sample --temperature 0.7",
      "  trainer chat out < questions.txt",
      "",
      "--help-all shows all flags."
    })
public final class ChatCommand extends WriterCommand {

  private static final int USUAL_NEW_TOKENS = 512;

  private static final Set<String> ESSENTIALS =
      Set.of(
          "adapter",
          "dtype",
          "load_in_4bit",
          "system",
          "save",
          "seed",
          "max_new_tokens",
          "do_sample",
          "temperature",
          "top_k",
          "top_p",
          "repetition_penalty");

  /** Makes the command. */
  public ChatCommand() {}

  @Override
  ArgumentTable<WriterArguments, WriterArguments.Builder> own() {
    return WriterArguments.OF_CHAT;
  }

  @Override
  protected Set<String> essentials() {
    return ESSENTIALS;
  }

  @Override
  int usualNewTokens() {
    return USUAL_NEW_TOKENS;
  }

  @Override
  void check(WriterArguments args) {
    Path save = args.save();
    if (save != null) {
      WholeFile.check("save", save);
    }
  }

  @Override
  void write(Writer writer, WriterArguments args, GenerationConfig settings) throws Exception {
    if (settings.numBeams() > 1 || settings.numReturnSequences() > 1) {
      throw new UsageException(
          "a chat is written token by token, once: leave num_beams and num_return_sequences out");
    }
    if (writer.tokenizer().chatTemplate().isEmpty()) {
      throw new IllegalArgumentException(
          "the tokenizer of "
              + args.modelNameOrPath()
              + " has no chat template, so the model was not trained on conversations: use trainer"
              + " generate, or name a tokenizer that has one by --tokenizer_name");
    }
    boolean interactive = Terminal.isPresent();
    // Not closed: it is the process's.
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    new Conversation(writer, settings, args, console(), interactive).run(lines);
  }
}
