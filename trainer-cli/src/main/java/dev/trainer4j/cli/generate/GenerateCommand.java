// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.generate;

import dev.trainer4j.args.ArgumentTable;
import dev.trainer4j.callbacks.Terminal;
import dev.trainer4j.cli.WholeFile;
import dev.trainer4j.transformers.generation.GenerationConfig;
import dev.trainer4j.transformers.generation.GenerationOutput;
import dev.trainer4j.transformers.generation.Generator;
import dev.trainer4j.transformers.generation.TextStreamer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import picocli.CommandLine.Command;

/** {@code trainer generate}. */
@Command(
    name = "generate",
    header = "Let a model write on from a prompt, or answer a file of prompts.",
    description = {
      "",
      "Of a model, of an adapter, or of a checkpoint of either. New text appears as it is written;"
          + " a file is answered in batches, each row with its completion as a line of JSON. The"
          + " model's own generation_config.json counts where no flag overrules it."
    },
    customSynopsis = "trainer generate MODEL [--prompt TEXT | --input FILE] [--flag VALUE]...",
    footer = {
      "",
      "Examples:",
      "  trainer generate out --prompt 'Once upon a time' --max_new_tokens 50 --do_sample"
          + " --temperature 0.8",
      "  trainer generate out --chat --prompt 'What is the capital of France?'",
      "  trainer generate out --input prompts.jsonl --output answers.jsonl --batch_size 16",
      "  git diff | trainer generate out --adapter summarizer",
      "",
      "--help-all shows all flags."
    })
public final class GenerateCommand extends WriterCommand {

  private static final int USUAL_NEW_TOKENS = 256;

  private static final Set<String> ESSENTIALS =
      Set.of(
          "adapter",
          "dtype",
          "load_in_4bit",
          "prompt",
          "input",
          "output",
          "batch_size",
          "chat",
          "system",
          "seed",
          "max_new_tokens",
          "do_sample",
          "temperature",
          "top_k",
          "top_p",
          "num_beams",
          "repetition_penalty",
          "num_return_sequences",
          "stop_strings");

  /** Makes the command. */
  public GenerateCommand() {}

  @Override
  ArgumentTable<WriterArguments, WriterArguments.Builder> own() {
    return WriterArguments.OF_GENERATE;
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
    Path input = args.input();
    if (input != null) {
      PromptFile.check(input);
    }
    Path output = args.output();
    if (output != null) {
      WholeFile.check("output", output);
    }
  }

  @Override
  void write(Writer writer, WriterArguments args, GenerationConfig settings) throws IOException {
    if (args.input() != null) {
      answerFile(writer, args, settings);
      return;
    }
    String prompt = args.prompt() == null ? fromStandardInput() : args.prompt();
    long[] ids = args.chat() ? writer.encode(messages(args, prompt)) : writer.encode(prompt);
    PrintWriter out = console().out();
    boolean streams = settings.numBeams() == 1 && settings.numReturnSequences() == 1;
    if (streams) {
      TextStreamer text = new TextStreamer(writer.tokenizer(), piece -> print(out, piece));
      var unused =
          writer.generator().withStreamer(text).generate(new long[][] {ids}, null, settings);
      text.end();
      out.println();
      return;
    }
    GenerationOutput output = writer.generator().generate(new long[][] {ids}, null, settings);
    for (long[] row : answers(writer, output)) {
      out.println(writer.tokenizer().decode(row, true));
    }
  }

  private static void print(PrintWriter out, String piece) {
    out.print(piece);
    out.flush();
  }

  private String fromStandardInput() throws IOException {
    if (Terminal.isPresent()) {
      console().tell("The prompt, ended by Ctrl-D on a line of its own:");
    }
    String text = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
    // The end of the last line is no part of the text.
    return text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
  }

  private static List<Map<String, String>> messages(WriterArguments args, String prompt) {
    List<Map<String, String>> messages = new ArrayList<>();
    if (args.system() != null) {
      messages.add(Map.of("role", "system", "content", args.system()));
    }
    messages.add(Map.of("role", "user", "content", prompt));
    return messages;
  }

  private void answerFile(Writer writer, WriterArguments args, GenerationConfig settings)
      throws IOException {
    PromptFile prompts = PromptFile.open(Objects.requireNonNull(args.input()), args, writer);
    Path output = args.output();
    if (output == null) {
      answer(writer, args, settings, prompts, console().out());
      return;
    }
    WholeFile.write(output, out -> answer(writer, args, settings, prompts, out));
    console().tell(prompts.size() + " answers: " + output);
  }

  private void answer(
      Writer writer,
      WriterArguments args,
      GenerationConfig settings,
      PromptFile prompts,
      PrintWriter out) {
    Generator generator = writer.generator();
    int each = settings.numReturnSequences();
    for (int from = 0; from < prompts.size(); from += args.batchSize()) {
      int to = Math.min(prompts.size(), from + args.batchSize());
      PaddedPrompts batch = PaddedPrompts.of(prompts.tokens(from, to), writer, settings);
      long[][] rows =
          answers(writer, generator.generate(batch.inputIds(), batch.attentionMask(), settings));
      for (int i = from; i < to; i++) {
        List<String> texts = new ArrayList<>();
        for (int k = 0; k < each; k++) {
          texts.add(writer.tokenizer().decode(rows[(i - from) * each + k], true));
        }
        Map<String, Object> row = new LinkedHashMap<>(prompts.row(i));
        row.put("completion", each == 1 ? texts.get(0) : texts);
        out.println(JsonText.line(row));
      }
      out.flush();
    }
  }

  /** What was written: of a model that writes on, what stands behind the prompt. */
  private static long[][] answers(Writer writer, GenerationOutput output) {
    return writer.model().isEncoderDecoder() ? output.sequences() : output.newTokens();
  }
}
