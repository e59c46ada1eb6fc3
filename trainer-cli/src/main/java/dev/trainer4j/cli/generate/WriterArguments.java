// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.generate;

import static dev.trainer4j.args.ValueType.FLAG;
import static dev.trainer4j.args.ValueType.LONG;
import static dev.trainer4j.args.ValueType.PATH;
import static dev.trainer4j.args.ValueType.TEXT;
import static dev.trainer4j.args.ValueType.choice;
import static dev.trainer4j.args.ValueType.wholeFrom;

import dev.trainer4j.args.ArgumentProblems;
import dev.trainer4j.args.ArgumentTable;
import dev.trainer4j.args.ArgumentTableBuilder;
import dev.trainer4j.args.HiddenImplementation;
import java.nio.file.Path;
import java.util.Optional;
import org.immutables.value.Value;
import org.jspecify.annotations.Nullable;

/** What {@code trainer generate} and {@code trainer chat} take beside the generation settings. Immutable. */
@HiddenImplementation
@Value.Immutable
public abstract class WriterArguments {

  private static final String MODEL =
      "folder of a model or of an adapter, or a name on the Hub; also the first word of the"
          + " command";

  /** Those of {@code trainer generate}. */
  static final ArgumentTable<WriterArguments, Builder> OF_GENERATE =
      table()
          .group("Prompts")
          .ours("prompt", TEXT, "text to go on from; unset means standard input")
          .ours(
              "input",
              PATH,
              "file of prompts: .jsonl with prompt, text or messages in each row, or .txt with one"
                  + " in each line")
          .ours(
              "output",
              PATH,
              "where the answers to input go, as JSON Lines; unset means standard output")
          .ours("batch_size", wholeFrom(1), "prompts of input at a time")
          .ours("chat", FLAG, "the prompt is what a user says: put it into the chat template")
          .ours("system", TEXT, "system prompt, with chat")
          .apart("save")
          .rules(WriterArguments::checkGenerate)
          .build();

  /** Those of {@code trainer chat}. */
  static final ArgumentTable<WriterArguments, Builder> OF_CHAT =
      table()
          .group("Conversation")
          .ours("system", TEXT, "system prompt that the conversation begins with")
          .ours(
              "save",
              PATH,
              "file that /save and the end of the chat write, as JSON Lines for trainer sft")
          .apart("prompt", "input", "output", "batchSize", "chat")
          .rules(WriterArguments::check)
          .build();

  WriterArguments() {}

  private static ArgumentTableBuilder<WriterArguments, Builder> table() {
    return ArgumentTable.of(WriterArguments.class, WriterArguments::builder, Builder::unchecked)
        .group("Model")
        .row("model_name_or_path", TEXT, MODEL)
        .row("model_revision", TEXT, "branch, tag or commit of the model on the Hub")
        .ours("adapter", TEXT, "folder or name of an adapter for the model")
        .ours(
            "tokenizer_name",
            TEXT,
            "folder or name of the tokenizer; unset means the adapter's or the model's")
        .row(
            "dtype",
            choice("float32", "bfloat16", "float16", "auto").or(WriterArguments::shortName),
            "type of the weights; auto means that of the files")
        .row("load_in_4bit", FLAG, "quantize the model to 4 bits (nf4) while it is loaded")
        .row("load_in_8bit", FLAG, "quantize the model to 8 bits while it is loaded")
        .ours("use_cpu", FLAG, "stay on the CPU where there is a GPU")
        .ours("seed", LONG, "seed of what do_sample draws; unset means another one each time");
  }

  /** The names of mixed precision. */
  private static Optional<String> shortName(Object raw) {
    return switch (String.valueOf(raw)) {
      case "fp32" -> Optional.of("float32");
      case "bf16" -> Optional.of("bfloat16");
      case "fp16" -> Optional.of("float16");
      default -> Optional.empty();
    };
  }

  /** Starts from the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** The model. */
  public abstract @Nullable String modelNameOrPath();

  /** Its revision on the Hub. */
  public abstract @Nullable String modelRevision();

  /** The adapter. */
  public abstract @Nullable String adapter();

  /** The tokenizer. */
  public abstract @Nullable String tokenizerName();

  /** The type of the weights. */
  @Value.Default
  public String dtype() {
    return "float32";
  }

  /** 4 bits. */
  @Value.Default
  public boolean loadIn4bit() {
    return false;
  }

  /** 8 bits. */
  @Value.Default
  public boolean loadIn8bit() {
    return false;
  }

  /** Whether a GPU is left alone. */
  @Value.Default
  public boolean useCpu() {
    return false;
  }

  /** The seed of sampling. */
  public abstract @Nullable Long seed();

  /** The prompt. */
  public abstract @Nullable String prompt();

  /** A file of prompts. */
  public abstract @Nullable Path input();

  /** A file of answers. */
  public abstract @Nullable Path output();

  /** Prompts at a time. */
  @Value.Default
  public int batchSize() {
    return 8;
  }

  /** Whether the prompt is what a user says. */
  @Value.Default
  public boolean chat() {
    return false;
  }

  /** The system prompt. */
  public abstract @Nullable String system();

  /** Where a conversation is saved. */
  public abstract @Nullable Path save();

  private static void check(WriterArguments args, ArgumentProblems problems) {
    problems.check(
        args.modelNameOrPath() == null,
        "model_name_or_path",
        "a model",
        "Name it as the first word of the command");
    problems.check(
        args.loadIn4bit() && args.loadIn8bit(), "load_in_8bit", "false beside load_in_4bit", "");
  }

  private static void checkGenerate(WriterArguments args, ArgumentProblems problems) {
    check(args, problems);
    problems.check(
        args.prompt() != null && args.input() != null, "prompt", "to be unset beside input", "");
    problems.check(
        args.output() != null && args.input() == null,
        "output",
        "to be unset without input, whose answers it is for",
        "");
    problems.check(
        args.system() != null && !args.chat(), "system", "to be unset without chat", "Set chat");
    problems.check(
        args.batchSize() != 8 && args.input() == null,
        "batch_size",
        "to be unset without input, which alone reads it",
        "");
  }

  /** Collects the arguments; a table checks them. */
  public static final class Builder extends ImmutableWriterArguments.Builder {

    Builder() {}

    /** The values as they were set. */
    WriterArguments unchecked() {
      return super.build();
    }
  }
}
