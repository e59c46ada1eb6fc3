// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import ai.djl.Device;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.cli.NamedModel;
import dev.trainer4j.cli.UsageException;
import dev.trainer4j.cli.folder.ModelFolder;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PeftModel;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.QuantizationConfig;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.peft.LoraConfig;
import dev.trainer4j.transformers.sft.SftArguments;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The model, the tokenizer and the adapter that the arguments of {@code trainer sft} name. */
final class SftModelFactory {

  private final SftScriptArguments args;
  private final @Nullable ModelFolder source;
  private final Path tokenizerFolder;

  private SftModelFactory(
      SftScriptArguments args, @Nullable ModelFolder source, Path tokenizerFolder) {
    this.args = args;
    this.source = source;
    this.tokenizerFolder = tokenizerFolder;
  }

  /** Finds the folders, and downloads those that are names of the Hub. */
  static SftModelFactory of(SftScriptArguments args) throws IOException {
    String name = args.modelNameOrPath();
    ModelFolder source = name == null ? null : ModelFolder.of(name, args.modelRevision(), null);
    if (source != null && source.adapter() != null && args.usePeft()) {
      throw new UsageException(
          "use_peft adds an adapter, and "
              + name
              + " is one already: remove use_peft to train it on, or give its base");
    }
    Path tokenizer =
        args.tokenizerName() != null
            ? NamedModel.folder("tokenizer_name", args.tokenizerName(), null)
            : source != null
                ? source.tokenizer()
                : NamedModel.folder("config_name", Objects.requireNonNull(args.configName()), null);
    return new SftModelFactory(args, source, tokenizer);
  }

  /** Loads the tokenizer. */
  PretrainedTokenizer tokenizer() {
    return PretrainedTokenizer.load(tokenizerFolder);
  }

  /** Loads the base, or makes one with random weights. */
  PretrainedModel base(PretrainedTokenizer tokenizer, SftArguments arguments) throws IOException {
    TrainingArguments training = arguments.training();
    LoadOptions options = LoadOptions.defaults().withSeed(training.seed());
    if (training.useCpu()) {
      options = options.withDevice(Device.cpu());
    }
    if (source == null) {
      Path folder =
          NamedModel.folder("config_name", Objects.requireNonNull(args.configName()), null);
      PretrainedConfig config = PretrainedConfig.read(folder);
      PretrainedConfig fitting =
          tokenizer.size() > config.vocabSize()
              ? config.with("vocab_size", tokenizer.size())
              : config;
      return AutoModels.fromConfig(fitting, Task.CAUSAL_LM, deferred(options, arguments));
    }
    if (args.loadIn4bit() || args.loadIn8bit()) {
      options = options.withQuantization(quantization());
    }
    return AutoModels.causalLm(source.base(), deferred(options, arguments));
  }

  /** Not for whoever looks at weights: a plan, tokens that come along, copies of modules and DoRA's lengths. */
  private LoadOptions deferred(LoadOptions options, SftArguments arguments) {
    Path template = arguments.chatTemplatePath();
    boolean looks =
        args.dryRun()
            || (template != null && Files.isDirectory(template))
            || (source != null && source.adapter() != null)
            || (args.usePeft() && (args.useDora() || !args.loraModulesToSave().isEmpty()));
    return looks ? options : DeferredLoading.of(options, arguments.training());
  }

  /** Returns the adapter that is trained on; null if there is none. */
  @Nullable PeftModel adapter(PretrainedModel base) throws IOException {
    return source == null || source.adapter() == null
        ? null
        : PeftModel.load(base, source.adapter());
  }

  private QuantizationConfig quantization() {
    QuantizationConfig.Builder builder =
        QuantizationConfig.builder()
            .loadIn4bit(args.loadIn4bit())
            .loadIn8bit(args.loadIn8bit())
            .bnb4bitUseDoubleQuant(args.useBnbNestedQuant());
    String type = args.bnb4bitQuantType();
    return (type == null ? builder : builder.bnb4bitQuantType(type)).build();
  }

  /** Returns the configuration of a new adapter, with TRL's defaults. */
  LoraConfig lora() {
    Integer r = args.loraR();
    Double alpha = args.loraAlpha();
    Double dropout = args.loraDropout();
    LoraConfig.Builder config =
        LoraConfig.builder()
            .r(r == null ? 16 : r)
            .loraAlpha(alpha == null ? 32 : alpha)
            .loraDropout(dropout == null ? 0.05 : dropout)
            .modulesToSave(args.loraModulesToSave())
            .useRslora(args.useRslora())
            .useDora(args.useDora());
    List<String> targets = args.loraTargetModules();
    if (!targets.isEmpty()) {
      config.targetModules(targets.toArray(String[]::new));
    }
    return config.build();
  }

  @Override
  public String toString() {
    return source == null
        ? "random weights by " + args.configName()
        : source.base() + (source.adapter() == null ? "" : " with the adapter " + source.adapter());
  }
}
