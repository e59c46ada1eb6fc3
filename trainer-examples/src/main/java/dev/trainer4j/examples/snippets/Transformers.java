// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.snippets;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.metrics.EvalPrediction;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.Dtype;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PeftModel;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.QuantizationConfig;
import dev.trainer4j.transformers.SaveOptions;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.collate.DataCollatorForSeq2Seq;
import dev.trainer4j.transformers.collate.DataCollatorWithFlattening;
import dev.trainer4j.transformers.collate.DataCollatorWithPadding;
import dev.trainer4j.transformers.embedding.EmbeddingOptions;
import dev.trainer4j.transformers.embedding.EmbeddingTrainer;
import dev.trainer4j.transformers.generation.GenerationConfig;
import dev.trainer4j.transformers.generation.Generator;
import dev.trainer4j.transformers.generation.TextStreamer;
import dev.trainer4j.transformers.metrics.Retrieval;
import dev.trainer4j.transformers.metrics.Rouge;
import dev.trainer4j.transformers.peft.LoraConfig;
import dev.trainer4j.transformers.tokenization.AddedToken;
import dev.trainer4j.transformers.tokenization.ChatTemplateOptions;
import dev.trainer4j.transformers.tokenization.EncodeOptions;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.SpecialToken;
import dev.trainer4j.transformers.tokenization.TokenizedChat;
import dev.trainer4j.transformers.trainer.Seq2SeqArguments;
import dev.trainer4j.transformers.trainer.Seq2SeqTrainer;
import dev.trainer4j.transformers.trainer.Seq2SeqTrainingArguments;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Pretrained models, from a folder and back. */
public final class Transformers {

  private Transformers() {}

  /** Fine-tune a classifier. */
  public static void fineTune(
      Path bert, Path out, TrainingArguments args, Dataset<Map<String, Object>> train)
      throws IOException {
    // docs: fine tune
    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(bert);
        PretrainedModel model =
            AutoModels.sequenceClassification(
                bert, LoadOptions.defaults().withLabels(List.of("bad", "good")));
        Trainer trainer =
            Trainer.builder(model, args)
                .trainDataset(train.map(row -> tokenized(row, tokenizer)))
                .dataCollator(new DataCollatorWithPadding(tokenizer))
                .processingClass(tokenizer)
                .build()) {
      trainer.train();
      trainer.saveModel(out); // AutoModelForSequenceClassification.from_pretrained(out)
    }
    // end docs
  }

  private static Map<String, Object> tokenized(
      Map<String, Object> row, PretrainedTokenizer tokenizer) {
    Map<String, Object> sample = tokenizer.encode(String.valueOf(row.get("text"))).toSample();
    sample.put("label", row.get("label"));
    return sample;
  }

  /** Load a model, and say what it is. */
  public static String load(Path bert) throws IOException {
    // docs: load
    PretrainedModel model = AutoModels.sequenceClassification(bert); // a folder from the Hub
    // end docs
    try (model) {
      return model.toString();
    }
  }

  /** Weights of 16 bits in memory and in files. */
  public static void dtype(Path folder, Path out) throws IOException {
    // docs: dtype
    LoadOptions options = LoadOptions.defaults().withDtype(Dtype.BFLOAT16); // or withAutoDtype()
    try (PretrainedModel model = AutoModels.load(folder, options)) {
      model.save(out.resolve("bf16")); // the type in memory
      model.save(out.resolve("fp16"), SaveOptions.defaults().withDtype(Dtype.FLOAT16));
    }
    // end docs
  }

  /** Quantize a base, train adapters over it, and save both. */
  public static void quantized(
      Path folder, Path out, TrainingArguments args, Dataset<Map<String, Object>> train)
      throws IOException {
    // docs: quantized
    LoadOptions options =
        LoadOptions.defaults()
            .withQuantization(
                QuantizationConfig.builder()
                    .loadIn4bit(true) // NF4; or loadIn8bit(true)
                    .bnb4bitUseDoubleQuant(true)
                    .build());
    try (PretrainedModel base = AutoModels.causalLm(folder, options);
        PeftModel model =
            PeftModel.of(base, LoraConfig.builder().r(16).targetModules("all-linear").build());
        Trainer trainer = Trainer.builder(model, args).trainDataset(train).build()) {
      trainer.train(); // trains and saves adapters alone
      trainer.saveModel(out.resolve("adapter"));
      base.save(out.resolve("base")); // 4 bits, as bitsandbytes has them
    }
    // end docs
  }

  /** Load with options. */
  public static PretrainedModel options(Path folder) throws IOException {
    // docs: options
    LoadOptions options =
        LoadOptions.defaults()
            .withDevice(Device.cpu()) // by default the first GPU, or the CPU
            .withNumLabels(5) // or withLabels(names)
            .withIgnoreMismatchedSizes(true) // a head of other labels is begun anew
            .withDtype(Dtype.FLOAT32) // the default; training needs it
            .withSeed(7); // of what is begun anew
    PretrainedModel model = AutoModels.load(folder, options); // the task of its architectures
    // end docs
    return model;
  }

  /** Teach a model a token that it does not know. */
  public static void newTokens(Path folder, Path out) throws IOException {
    // docs: new tokens
    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(folder);
        PretrainedTokenizer added =
            tokenizer.withAddedTokens(List.of(AddedToken.special("<|im_end|>")));
        PretrainedTokenizer ending = added.withSpecialToken(SpecialToken.EOS, "<|im_end|>");
        PretrainedModel model = AutoModels.causalLm(folder)) {
      model.resizeTokenEmbeddings(ending.size(), 64, true); // rounded up to a multiple of 64
      model.save(out); // or train it, with ending as the processingClass
      ending.save(out);
    }
    // end docs
  }

  /** Begin from nothing. */
  public static PretrainedModel fromConfig() {
    // docs: from config
    PretrainedConfig config =
        PretrainedConfig.of(
            Map.of(
                "model_type", "llama",
                "vocab_size", 257,
                "hidden_size", 128,
                "num_hidden_layers", 2,
                "num_attention_heads", 4,
                "intermediate_size", 256));
    PretrainedModel model = AutoModels.fromConfig(config, Task.CAUSAL_LM);
    // end docs
    return model;
  }

  /** Write text. */
  public static String generate(PretrainedModel model, PretrainedTokenizer tokenizer) {
    // docs: generate
    GenerationConfig config =
        model.generationConfig().toBuilder().maxNewTokens(40).doSample(true).topP(0.9).build();
    String text =
        Generator.of(model)
            .withStreamer(new TextStreamer(tokenizer, System.out::print)) // as it is written
            .generate(tokenizer, "Once upon a time", config);
    // end docs
    return text;
  }

  /** Answer a conversation. */
  public static String chat(
      PretrainedModel model, PretrainedTokenizer tokenizer, GenerationConfig config) {
    // docs: chat
    List<Map<String, Object>> messages =
        List.of(
            Map.of("role", "system", "content", "You answer in one word."),
            Map.of("role", "user", "content", "What is the capital of Norway?"));
    TokenizedChat chat =
        tokenizer.applyChatTemplate(messages, null, ChatTemplateOptions.prompt()); // null: no tools
    long[] ids = Arrays.stream(chat.inputIds()).asLongStream().toArray();
    long[] written = model.generate(new long[][] {ids}, config).newTokens()[0];
    String answer = tokenizer.decode(written, true); // without special tokens
    // end docs
    return answer;
  }

  /** Train without padding. */
  public static Trainer.Builder flattened(
      PretrainedModel model, TrainingArguments args, Dataset<Map<String, Object>> tokens) {
    // docs: flattening
    Trainer.Builder builder =
        Trainer.builder(model, args)
            .trainDataset(tokens) // maps with input_ids, and labels if they differ
            .dataCollator(new DataCollatorWithFlattening());
    // end docs
    return builder;
  }

  /** Put a question with its choices the way that a model for multiple choice reads it. */
  public static Map<String, Object> question(
      String question, List<String> choices, int right, PretrainedTokenizer tokenizer) {
    // docs: choices
    Map<String, List<Object>> fields = new LinkedHashMap<>(); // of each field one row a choice
    for (String choice : choices) {
      tokenizer
          .encodePair(question, choice, EncodeOptions.truncated(128))
          .toSample()
          .forEach((name, row) -> fields.computeIfAbsent(name, key -> new ArrayList<>()).add(row));
    }
    Map<String, Object> sample = new LinkedHashMap<>(fields);
    sample.put("label", right); // the number of the right choice
    // end docs
    return sample;
  }

  /** Read both kinds of arguments from one command line. */
  public static Trainer fromCommandLine(
      String[] args, PretrainedModel model, Dataset<Map<String, Object>> train) {
    // docs: seq2seq command line
    Seq2SeqArguments all = Seq2SeqArguments.fromCommandLine(args); // or fromFile, fromMap
    Trainer.Builder builder = Trainer.builder(model, all.training()).trainDataset(train);
    Trainer trainer = new Seq2SeqTrainer(builder, all.seq2Seq());
    // end docs
    return trainer;
  }

  /** Fine-tune a model that makes a text of a text, and judge what it writes. */
  public static void summarize(
      Path t5,
      TrainingArguments args,
      Dataset<Map<String, Object>> train,
      Dataset<Map<String, Object>> test)
      throws IOException {
    // docs: seq2seq
    Seq2SeqTrainingArguments generation =
        Seq2SeqTrainingArguments.builder()
            .predictWithGenerate(true)
            .generationMaxLength(64)
            .build();
    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(t5);
        PretrainedModel model = AutoModels.seq2SeqLm(t5);
        Trainer trainer =
            new Seq2SeqTrainer(
                Trainer.builder(model, args)
                    .trainDataset(train) // maps with input_ids and labels, the target's ids
                    .evalDataset(test)
                    .dataCollator(new DataCollatorForSeq2Seq(tokenizer))
                    .computeMetrics(prediction -> rouge(prediction, tokenizer))
                    .processingClass(tokenizer),
                generation)) {
      trainer.train();
      System.out.println("ROUGE-L " + trainer.evaluate().metric("rougeL"));
    }
    // end docs
  }

  /** Judge a decoder-only model by what it writes. */
  public static Trainer continuations(
      PretrainedModel model,
      PretrainedTokenizer tokenizer,
      TrainingArguments args,
      Dataset<Map<String, Object>> train,
      Dataset<Map<String, Object>> test) {
    // docs: continuations
    GenerationConfig settings = GenerationConfig.builder().maxNewTokens(64).build();
    Trainer trainer =
        new Seq2SeqTrainer(
            Trainer.builder(model, args) // of AutoModels.causalLm, or a PeftModel
                .trainDataset(train) // input_ids: prompt and answer; labels: -100 for the prompt
                .evalDataset(test)
                .dataCollator(new DataCollatorForSeq2Seq(tokenizer))
                .computeMetrics(prediction -> rouge(prediction, tokenizer)),
            Seq2SeqTrainingArguments.builder()
                .predictWithGenerate(true)
                .generationConfig(settings)
                .build());
    // end docs
    return trainer;
  }

  /** Train embeddings of texts. */
  public static void embeddings(
      Path folder,
      Path out,
      TrainingArguments args,
      Dataset<Map<String, Object>> train,
      Dataset<Map<String, Object>> test)
      throws IOException {
    // docs: embeddings
    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(folder);
        PretrainedModel model =
            AutoModels.load(
                folder, Task.FEATURE_EXTRACTION, LoadOptions.defaults().withNewHead(true));
        EmbeddingTrainer trainer =
            EmbeddingTrainer.builder(model, tokenizer, args)
                .options(EmbeddingOptions.of(folder).withColumns("question", "answer"))
                .trainDataset(train) // rows with these two texts
                .evalDataset(test)
                .computeMetrics(
                    vectors -> Retrieval.score(vectors.predictions(), vectors.labelIds()))
                .build()) {
      trainer.train();
      System.out.println("recall@1 " + trainer.evaluate().metric("recall@1"));
      trainer.saveModel(out); // TextEmbedder.load(out), SentenceTransformer(out) in Python
    }
    // end docs
  }

  // docs: rouge
  private static Map<String, Double> rouge(
      EvalPrediction prediction, PretrainedTokenizer tokenizer) {
    return Rouge.score(
        texts(prediction.predictions(), tokenizer), texts(prediction.labelIds(), tokenizer));
  }

  private static List<String> texts(NDArray ids, PretrainedTokenizer tokenizer) {
    int length = Math.toIntExact(ids.getShape().get(1));
    long[] flat = ids.toType(DataType.INT64, false).toLongArray();
    for (int i = 0; i < flat.length; i++) {
      flat[i] = flat[i] == -100 ? tokenizer.padTokenId() : flat[i];
    }
    List<String> texts = new ArrayList<>();
    for (int from = 0; from < flat.length; from += length) {
      texts.add(tokenizer.decode(Arrays.copyOfRange(flat, from, from + length), true));
    }
    return texts;
  }
  // end docs
}
