// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import dev.trainer4j.cli.NamedModel;
import dev.trainer4j.cli.UsageException;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.PretrainedException;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where the model of a run comes from.
 *
 * @param folder with the weights; null for a model from scratch
 * @param config its configuration, or the one that a model from scratch is made of
 * @param tokenizerFolder with the tokenizer
 */
record ModelSource(@Nullable Path folder, PretrainedConfig config, Path tokenizerFolder) {

  /** Finds the folders, and downloads those that are names of the Hub. */
  static ModelSource of(TextArguments args) throws IOException {
    String name = args.modelNameOrPath();
    Path base =
        name == null
            ? NamedModel.folder("config_name", Objects.requireNonNull(args.configName()), null)
            : NamedModel.folder("model_name_or_path", name, args.modelRevision());
    PretrainedConfig config = PretrainedConfig.read(base);
    Path tokenizer =
        args.tokenizerName() == null
            ? base
            : NamedModel.folder("tokenizer_name", args.tokenizerName(), null);
    if (!Files.isRegularFile(tokenizer.resolve("tokenizer.json"))) {
      throw new UsageException(
          tokenizer + " has no tokenizer.json: name a folder that has one by --tokenizer_name");
    }
    return new ModelSource(
        name == null ? null : base, overridden(config, args.configOverrides()), tokenizer);
  }

  /** Values are numbers, true, false or texts, as the key has them already. */
  private static PretrainedConfig overridden(
      PretrainedConfig config, Map<String, String> overrides) {
    PretrainedConfig changed = config;
    for (Map.Entry<String, String> entry : overrides.entrySet()) {
      if (!config.has(entry.getKey())) {
        throw new UsageException(
            "config_overrides names '"
                + entry.getKey()
                + "', which "
                + config.source()
                + " does not have");
      }
      changed = changed.with(entry.getKey(), value(config, entry.getKey(), entry.getValue()));
    }
    return changed;
  }

  private static Object value(PretrainedConfig config, String key, String text) {
    try {
      if (config.node(key).isIntegralNumber()) {
        return Integer.parseInt(text);
      }
      if (config.node(key).isNumber()) {
        return Double.parseDouble(text);
      }
    } catch (NumberFormatException e) {
      throw new UsageException(
          "config_overrides has "
              + key
              + "="
              + text
              + ", expected a number, as "
              + config.node(key)
              + " is",
          e);
    }
    return config.node(key).isBoolean() ? (Object) Boolean.valueOf(text) : text;
  }

  PretrainedModel load(Task head, LoadOptions options) throws IOException {
    if (folder == null) {
      return AutoModels.fromConfig(config, head, options);
    }
    try {
      return AutoModels.load(folder, head, options);
    } catch (PretrainedException e) {
      // What it advises to a programmer has a flag here.
      String advice =
          String.valueOf(e.getMessage())
              .replace("LoadOptions.withIgnoreMismatchedSizes(true)", "--ignore_mismatched_sizes");
      PretrainedException translated = new PretrainedException(advice);
      translated.addSuppressed(e);
      throw translated;
    }
  }

  PretrainedTokenizer tokenizer() {
    return PretrainedTokenizer.load(tokenizerFolder);
  }

  @Override
  public String toString() {
    return folder == null ? "from scratch, " + config.source() : folder.toString();
  }
}
