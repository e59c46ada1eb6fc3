// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.folder;

import dev.trainer4j.args.ValueType;
import dev.trainer4j.callbacks.ReportNumbers;
import dev.trainer4j.cli.Console;
import dev.trainer4j.cli.ExitCodes;
import dev.trainer4j.cli.NamedModel;
import dev.trainer4j.cli.UsageException;
import dev.trainer4j.cli.inspect.FolderKind;
import dev.trainer4j.cli.inspect.TensorFacts;
import dev.trainer4j.transformers.ConvertedWeights;
import dev.trainer4j.transformers.FolderConverter;
import dev.trainer4j.transformers.SaveOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code trainer convert}. */
@Command(
    name = "convert",
    header =
        "Write a model or an adapter in another type, in files of another size, or as safetensors.",
    description = {
      "",
      "Tokenizer, configuration and model card are copied; the state of a run is left behind, so"
          + " that a checkpoint becomes a model. One tensor is in memory at a time. OUT is there"
          + " when it is complete, or not at all."
    },
    footer = {
      "",
      "  trainer convert out/checkpoint-500 model --dtype bf16",
      "  trainer convert old-model new-model --max-shard-size 2GB"
    })
public final class ConvertCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "IN",
      description = "Folder of a model or an adapter, or a model's name on the Hub.")
  private String in = "";

  @Parameters(index = "1", paramLabel = "OUT", description = "Folder to make.")
  private Path out = Path.of("");

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      description = "Type of the weights: fp32, bf16 or fp16; as they are unless given.")
  private @Nullable String dtype;

  @Option(
      names = {"--max-shard-size", "--max_shard_size"},
      paramLabel = "SIZE",
      description = "Largest file, such as 5GB (default 50GB).")
  private @Nullable String shardSize;

  @Option(names = "--overwrite", description = "Replace OUT if it is there.")
  private boolean overwrite;

  @Override
  public Integer call() throws IOException {
    SaveOptions options = options();
    Path source = NamedModel.folder("IN", in, null);
    FolderKind kind = FolderKind.of(source);
    if (kind == FolderKind.RUN && TensorFacts.ofModel(source).isEmpty()) {
      throw new UsageException(
          source + " is " + kind.described() + " and holds no model: name one of its checkpoints");
    }
    boolean isAdapter = Files.exists(source.resolve(FolderKind.ADAPTER_CONFIG));
    if (isAdapter && shardSize != null) {
      throw new ParameterException(
          spec.commandLine(),
          "--max-shard-size is of no use for " + source + ": an adapter is one file.");
    }
    Console console = Console.of(spec.commandLine());
    List<ConvertedWeights> converted = new ArrayList<>();
    new OutputFolder(out, overwrite, source)
        .write(
            folder -> {
              converted.add(FolderConverter.convert(source, folder, options));
              Set<String> left = CompanionFiles.copy(source, folder);
              if (!left.isEmpty()) {
                console.tell("Not taken along: " + String.join(", ", left));
              }
            });
    ConvertedWeights weights = converted.get(0);
    console
        .out()
        .println(
            ReportNumbers.format(
                "%s: %d tensors, %s (before: %s)%s",
                out,
                weights.tensors(),
                ReportNumbers.bytes(weights.bytesAfter()),
                ReportNumbers.bytes(weights.bytesBefore()),
                weights.shared() == 0
                    ? ""
                    : "; "
                        + weights.shared()
                        + " that share their memory with another are written once"));
    return ExitCodes.OK;
  }

  private SaveOptions options() {
    SaveOptions options = SaveOptions.defaults();
    if (dtype != null) {
      options = options.withDtype(DtypeFlag.read(spec.commandLine(), dtype));
    }
    return shardSize == null ? options : options.withMaxShardSize(bytes(shardSize));
  }

  private long bytes(String size) {
    try {
      return ValueType.bytes(size);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          spec.commandLine(), "--max-shard-size: " + e.getMessage() + ".", e);
    }
  }
}
