// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import dev.trainer4j.Trainer;
import dev.trainer4j.cli.UsageException;
import dev.trainer4j.cli.train.RunData.Rows;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.DefaultDataCollator;
import dev.trainer4j.metrics.Metrics;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.collate.DataCollatorForLanguageModeling;
import dev.trainer4j.transformers.metrics.NextTokenAccuracy;
import dev.trainer4j.transformers.metrics.Perplexity;
import dev.trainer4j.transformers.tokenization.EncodeOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;

/** The next token, or masked ones: run_clm and run_mlm. Texts are joined and cut into blocks, unless each line is a sample. */
final class LanguageRecipe implements Recipe {
  private static final int USUAL_BLOCK = 1024;

  private final boolean masked;
  private final String text;
  private final TextArguments args;
  private final long seed;

  private LanguageRecipe(boolean masked, String text, TextArguments args, long seed) {
    this.masked = masked;
    this.text = text;
    this.args = args;
    this.seed = seed;
  }

  static LanguageRecipe of(boolean masked, TextArguments args, RunData data, long seed) {
    if (args.lineByLine() && !masked) {
      throw new UsageException("line_by_line is for masked_lm alone; remove it");
    }
    if (masked && args.blockSize() != null) {
      throw new UsageException(
          "block_size is for causal_lm alone; for masked_lm it is called max_seq_length");
    }
    if (!masked && args.maxSeqLength() != null) {
      throw new UsageException(
          "max_seq_length is not for causal_lm, where it is called block_size");
    }
    return new LanguageRecipe(
        masked, TextColumns.texts(args, data.first(), Optional.empty()).get(0), args, seed);
  }

  @Override
  public Task head() {
    return masked ? Task.MASKED_LM : Task.CAUSAL_LM;
  }

  @Override
  public List<String> findings() {
    return List.of("Text: column " + text);
  }

  private int block(TextSettings texts) {
    Integer asked = masked ? args.maxSeqLength() : args.blockSize();
    if (asked != null && asked > texts.modelLimit()) {
      throw new UsageException(
          (masked ? "max_seq_length" : "block_size")
              + " is "
              + asked
              + ", but the model takes "
              + texts.modelLimit()
              + " tokens at most");
    }
    return asked == null ? Math.min(USUAL_BLOCK, texts.modelLimit()) : asked;
  }

  @Override
  public Dataset<Map<String, Object>> samples(Rows rows, TextSettings texts) {
    if (args.lineByLine()) {
      List<Map<String, Object>> lines = new ArrayList<>();
      EncodeOptions cut = EncodeOptions.truncated(block(texts));
      for (String line : lines(rows)) {
        if (!line.isBlank()) {
          lines.add(texts.tokenizer().encode(line, cut).toSample());
        }
      }
      if (lines.isEmpty()) {
        throw new IllegalArgumentException(rows.source() + " has no line with a text");
      }
      return Datasets.of(lines);
    }
    int block = block(texts);
    EncodeOptions whole = EncodeOptions.builder().verbose(false).build();
    List<int[]> ids =
        lines(rows).parallelStream().map(line -> texts.tokenizer().encodeIds(line, whole)).toList();
    long tokens = ids.stream().mapToLong(row -> row.length).sum();
    if (tokens < block) {
      throw new IllegalArgumentException(
          rows.source()
              + " has "
              + tokens
              + " tokens, fewer than one sample of "
              + block
              + ": give more text, or a smaller "
              + (masked ? "max_seq_length" : "block_size"));
    }
    return Datasets.groupTexts(ids, block);
  }

  /** The texts; a causal model learns the ends of a text file's lines, as run_clm has it. */
  private List<String> lines(Rows rows) {
    String end = !masked && rows.source().endsWith(".txt") ? "\n" : "";
    return LongStream.range(0, rows.rows().size()).mapToObj(i -> cell(rows, i) + end).toList();
  }

  private String cell(Rows rows, long index) {
    try {
      return Cells.text(rows.rows().get(index), text);
    } catch (IllegalArgumentException e) {
      throw Cells.at(rows, index, e);
    }
  }

  @Override
  @SuppressWarnings("unchecked") // It takes maps of any values.
  public DataCollator<Map<String, ?>> collator(TextSettings texts, PretrainedModel model) {
    if (!masked) {
      return (DataCollator<Map<String, ?>>) (DataCollator<?>) new DefaultDataCollator();
    }
    return DataCollatorForLanguageModeling.builder(texts.tokenizer())
        .mlm(true)
        .mlmProbability(args.mlmProbability())
        .padding(texts.padding(USUAL_BLOCK))
        .seed(seed)
        .build();
  }

  @Override
  public void measure(Trainer.Builder builder, Rows evaluated, TextSettings texts) {
    builder.computeMetrics(masked ? Metrics.accuracy() : new NextTokenAccuracy());
  }

  @Override
  public Map<String, Double> derived(Map<String, Double> metrics, String prefix) {
    Double loss = metrics.get(prefix + "_loss");
    if (loss == null) {
      return metrics;
    }
    Map<String, Double> all = new LinkedHashMap<>(metrics);
    all.put("perplexity", Perplexity.of(loss));
    return all;
  }

  @Override
  public RowPredictor predictor(PretrainedModel model, TextSettings texts, int batchSize) {
    throw new UsageException(
        masked
            ? "a model of masked words predicts nothing for a text: remove do_predict"
            : "a language model goes on with a text, which 'trainer generate' does: remove do_predict");
  }
}
