// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.folder;

import dev.trainer4j.callbacks.ReportNumbers;
import dev.trainer4j.cli.Console;
import dev.trainer4j.cli.ExitCodes;
import dev.trainer4j.cli.NamedModel;
import dev.trainer4j.cli.inspect.FolderKind;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.Dtype;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PeftModel;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.SaveOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code trainer merge-adapter}. */
@Command(
    name = "merge-adapter",
    header = "Put an adapter into the weights of its base: one model like any other.",
    description = {
      "",
      "The sum is taken in float32 and saved in the type of the base. A quantized base is"
          + " dequantized before. The tokenizer is that of the adapter's folder where it has one."
    },
    footer = {"", "  trainer merge-adapter Qwen/Qwen2.5-0.5B out/adapter merged"})
public final class MergeAdapterCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "BASE",
      description = "Folder of the model that the adapter was trained on, or its name on the Hub.")
  private String base = "";

  @Parameters(
      index = "1",
      paramLabel = "ADAPTER",
      description = "Folder with adapter_config.json, such as a checkpoint of the training.")
  private Path adapter = Path.of("");

  @Parameters(index = "2", paramLabel = "OUT", description = "Folder to make.")
  private Path out = Path.of("");

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      description =
          "Type of the merged weights: fp32, bf16 or fp16; that of the base unless given.")
  private @Nullable String dtype;

  @Option(names = "--overwrite", description = "Replace OUT if it is there.")
  private boolean overwrite;

  @Override
  public Integer call() throws IOException {
    Dtype wanted = dtype == null ? null : DtypeFlag.read(spec.commandLine(), dtype);
    Path folder = NamedModel.folder("BASE", base, null);
    requireAdapter();
    OutputFolder output = new OutputFolder(out, overwrite, folder, adapter);
    Dtype saved = wanted == null ? FolderWeights.dtype(folder) : wanted;
    output.write(draft -> merge(folder, draft, SaveOptions.defaults().withDtype(saved)));
    Console.of(spec.commandLine())
        .out()
        .println(
            ReportNumbers.format(
                "%s: %s of weights in %s (base %s, adapter %s)",
                out,
                ReportNumbers.bytes(FolderWeights.bytes(out)),
                saved.text(),
                ReportNumbers.bytes(FolderWeights.bytes(folder)),
                ReportNumbers.bytes(FolderWeights.bytes(adapter))));
    return ExitCodes.OK;
  }

  private void requireAdapter() throws IOException {
    FolderKind kind = FolderKind.of(adapter);
    if (!Files.isRegularFile(adapter.resolve(FolderKind.ADAPTER_CONFIG))) {
      throw new IllegalArgumentException(
          adapter
              + " is "
              + kind.described()
              + " without "
              + FolderKind.ADAPTER_CONFIG
              + ": the second folder is that of an adapter, the first that of its base");
    }
  }

  private void merge(Path folder, Path draft, SaveOptions options) throws IOException {
    try (PretrainedModel model = AutoModels.load(folder, LoadOptions.defaults());
        PeftModel peft = PeftModel.load(model, adapter)) {
      peft.mergeAndUnload().save(draft, options);
    }
    CompanionFiles.copy(adapter, draft, FolderKind.ADAPTER_CONFIG, "README.md");
    CompanionFiles.copy(folder, draft);
  }
}
