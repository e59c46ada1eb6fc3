// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.snippets;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.CachedMap;
import dev.trainer4j.data.Columns;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.TokenType;
import dev.trainer4j.data.TrainTestSplit;
import dev.trainer4j.metrics.Classification;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.transformers.collate.DataCollatorForLanguageModeling;
import dev.trainer4j.transformers.collate.DataCollatorWithPadding;
import dev.trainer4j.transformers.collate.PaddingOptions;
import dev.trainer4j.transformers.tokenization.EncodeOptions;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.SpecialToken;
import dev.trainer4j.transformers.tokenization.TokenizedText;
import dev.trainer4j.transformers.tokenization.TruncationStrategy;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Text on its way to a model. */
public final class TextData {

  private TextData() {}

  /** Encode and decode. */
  public static void tokenizer(Path folder) {
    // docs: tokenizer
    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(folder)) {
      TokenizedText text = tokenizer.encode("Oslo is far away.", EncodeOptions.truncated(128));
      Map<String, Object> sample = text.toSample(); // input_ids, attention_mask, ...
      String back = tokenizer.decode(text.inputIds(), true); // without special tokens
      System.out.println(sample.keySet() + " " + back);
    }
    // end docs
  }

  /** Cut a long context into pieces. */
  public static List<TokenizedText> pieces(
      PretrainedTokenizer tokenizer, String question, String context) {
    // docs: pieces
    EncodeOptions options =
        EncodeOptions.builder()
            .truncation(TruncationStrategy.ONLY_SECOND)
            .maxLength(384)
            .stride(128)
            .build();
    List<TokenizedText> pieces = tokenizer.encodePieces(question, context, options);
    // end docs
    return pieces;
  }

  /** Choose a padding token. */
  public static PretrainedTokenizer padding(PretrainedTokenizer tokenizer) {
    // docs: padding token
    String end = tokenizer.specialToken(SpecialToken.EOS).orElseThrow();
    PretrainedTokenizer padding = tokenizer.withSpecialToken(SpecialToken.PAD, end);
    // end docs
    return padding;
  }

  /** Read rows and divide them. */
  public static TrainTestSplit<Map<String, Object>> rows(Path file) {
    // docs: rows
    TrainTestSplit<Map<String, Object>> split =
        Datasets.parquet(file)
            .map(Columns.keep("text", "label"))
            .filter(row -> row.get("text") != null)
            .trainTestSplit(0.1, 42);
    // end docs
    return split;
  }

  /** Tokenize once. */
  public static Dataset<Map<String, Object>> cache(
      Path cache, Path file, Path folder, PretrainedTokenizer tokenizer) {
    // docs: cache
    Dataset<Map<String, Object>> tokens =
        CachedMap.<String>builder(cache)
            .dependsOn(file, folder.resolve("tokenizer.json"))
            .version("truncated to 128") // change it with the function
            .progress((done, total) -> System.out.printf("%d of %d%n", done, total))
            .map(
                Datasets.textLines(file),
                line -> tokenizer.encode(line, EncodeOptions.truncated(128)).toSample());
    // end docs
    return tokens;
  }

  /** Map a file of ids. */
  public static Dataset<Map<String, Object>> tokenFile(Path file) {
    // docs: token file
    Dataset<Map<String, Object>> blocks = Datasets.tokenFile(file, TokenType.UINT16, 1024);
    // end docs
    return blocks;
  }

  /** Mask whole words. */
  public static DataCollatorForLanguageModeling masking(PretrainedTokenizer tokenizer) {
    // docs: masking
    DataCollatorForLanguageModeling collator =
        DataCollatorForLanguageModeling.builder(tokenizer)
            .wholeWordMask(true)
            .padding(PaddingOptions.longest().padToMultipleOf(8))
            .build();
    // end docs
    return collator;
  }

  /** Train with all of it. */
  public static Trainer trainer(
      TrainableModel model,
      TrainingArguments args,
      TrainTestSplit<Map<String, Object>> split,
      PretrainedTokenizer tokenizer) {
    // docs: trainer
    Trainer trainer =
        Trainer.builder(model, args)
            .trainDataset(split.train())
            .evalDataset(split.test())
            .dataCollator(new DataCollatorWithPadding(tokenizer))
            .computeMetrics(Classification.of(Classification.Average.MACRO))
            .processingClass(tokenizer) // saved with the model and every checkpoint
            .build();
    // end docs
    return trainer;
  }
}
