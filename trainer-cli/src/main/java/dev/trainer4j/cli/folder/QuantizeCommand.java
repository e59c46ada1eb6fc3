// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.folder;

import dev.trainer4j.callbacks.ReportNumbers;
import dev.trainer4j.cli.Console;
import dev.trainer4j.cli.ExitCodes;
import dev.trainer4j.cli.NamedModel;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.QuantizationConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code trainer quantize}. */
@Command(
    name = "quantize",
    header = "Keep the linear layers of a model in 4 or 8 bits, as bitsandbytes does.",
    description = {
      "",
      "The output head, embeddings and what --skip-modules names stay as they are. The result loads"
          + " here, in transformers with bitsandbytes, and as the base of adapters (QLoRA). What it"
          + " costs is told by the relative error of the weights, |w - q| / |w|, for each kind of"
          + " layer."
    },
    footer = {"", "  trainer quantize Qwen/Qwen2.5-0.5B qwen-nf4 --type nf4 --double-quant"})
public final class QuantizeCommand implements Callable<Integer> {

  /** What the weights become. */
  enum Type {
    nf4,
    fp4,
    int8
  }

  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "IN",
      description = "Folder of a model, or its name on the Hub.")
  private String in = "";

  @Parameters(index = "1", paramLabel = "OUT", description = "Folder to make.")
  private Path out = Path.of("");

  @Option(
      names = "--type",
      required = true,
      paramLabel = "TYPE",
      description = "nf4 (4 bits, best for most), fp4, or int8.")
  private Type type = Type.nf4;

  @Option(
      names = "--double-quant",
      description = "Quantize the scales of 4 bits too: 0.4 bits a weight less.")
  private boolean doubleQuant;

  @Option(
      names = "--skip-modules",
      split = ",",
      paramLabel = "NAME",
      description = "Modules that stay as they are, joined by commas.")
  private List<String> skip = new ArrayList<>();

  @Option(names = "--overwrite", description = "Replace OUT if it is there.")
  private boolean overwrite;

  @Override
  public Integer call() throws IOException {
    if (type == Type.int8 && doubleQuant) {
      throw new ParameterException(
          spec.commandLine(),
          "--double-quant is for 4 bits alone: int8 has one scale for each output, and no blocks.");
    }
    Path source = NamedModel.folder("IN", in, null);
    if (PretrainedConfig.read(source).has("quantization_config")) {
      throw new IllegalArgumentException(
          source + " is quantized already: quantize the model that it was made of");
    }
    QuantizationConfig config =
        QuantizationConfig.builder()
            .loadIn8bit(type == Type.int8)
            .loadIn4bit(type != Type.int8)
            .bnb4bitQuantType(type == Type.int8 ? "nf4" : type.name())
            .bnb4bitUseDoubleQuant(doubleQuant)
            .llmInt8SkipModules(skip.toArray(String[]::new))
            .build();
    List<QuantizationErrors> errors = new ArrayList<>();
    new OutputFolder(out, overwrite, source)
        .write(
            draft -> {
              LoadOptions options = LoadOptions.defaults().withAutoDtype().withQuantization(config);
              try (PretrainedModel model = AutoModels.load(source, options)) {
                model.save(draft);
                errors.add(QuantizationErrors.measure(model, source));
              }
              CompanionFiles.copy(source, draft);
            });
    report(source, config, errors.get(0));
    return ExitCodes.OK;
  }

  private void report(Path source, QuantizationConfig config, QuantizationErrors errors)
      throws IOException {
    PrintWriter console = Console.of(spec.commandLine()).out();
    errors.table().forEach(console::println);
    long before = FolderWeights.bytes(source);
    long after = FolderWeights.bytes(out);
    console.println(
        ReportNumbers.format(
            "%s: %s, %s (before: %s, %.0f %%)",
            out,
            config.describe(),
            ReportNumbers.bytes(after),
            ReportNumbers.bytes(before),
            100.0 * after / Math.max(1, before)));
  }
}
