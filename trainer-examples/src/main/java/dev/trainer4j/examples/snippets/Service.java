// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.snippets;

import ai.djl.ndarray.types.Shape;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.data.TabularFeatures;
import dev.trainer4j.model.Inference;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.transformers.predict.Aggregation;
import dev.trainer4j.transformers.predict.Answer;
import dev.trainer4j.transformers.predict.Entity;
import dev.trainer4j.transformers.predict.LabelScore;
import dev.trainer4j.transformers.predict.Pooling;
import dev.trainer4j.transformers.predict.QuestionAnswerer;
import dev.trainer4j.transformers.predict.TextClassifier;
import dev.trainer4j.transformers.predict.TextEmbedder;
import dev.trainer4j.transformers.predict.TextRegressor;
import dev.trainer4j.transformers.predict.TokenClassifier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Trained models in a service. */
public final class Service {

  private Service() {}

  /** Say which label texts have. */
  public static List<LabelScore> classify(Path folder, List<String> texts) throws IOException {
    // docs: classify
    try (TextClassifier classifier = TextClassifier.load(folder)) { // once, when the service starts
      LabelScore best = classifier.predict("Nicely made, I would buy it again.");
      System.out.printf("%s %.3f%n", best.label(), best.score());
      List<LabelScore> all = classifier.scores("Nicely made."); // the most likely label first
      all.forEach(System.out::println);
      return classifier.predict(texts); // many, in batches, in the order of the texts
    }
    // end docs
  }

  /** Find names in a text. */
  public static List<Entity> entities(Path folder, String text) throws IOException {
    // docs: entities
    try (TokenClassifier names =
        TokenClassifier.builder(folder)
            .aggregation(Aggregation.FIRST) // whole words; SIMPLE by default
            .stride(32) // a long text in pieces that share 32 tokens; cut by default
            .build()) {
      return names.predict(text); // entities: label, score, text, start, end
    }
    // end docs
  }

  /** Find an answer. */
  public static Answer answer(Path folder, String question, String context) throws IOException {
    // docs: answer
    try (QuestionAnswerer model = QuestionAnswerer.load(folder)) {
      return model.answer(question, context); // text, score, start, end
    }
    // end docs
  }

  /** Give a text a number. */
  public static double number(Path folder, String text) throws IOException {
    // docs: number
    try (TextRegressor stars = TextRegressor.load(folder)) {
      return stars.predict(text);
    }
    // end docs
  }

  /** Turn texts into vectors. */
  public static double similarity(Path folder, String a, String b) throws IOException {
    // docs: embed
    try (TextEmbedder embedder =
        TextEmbedder.builder(folder)
            .pooling(Pooling.MEAN) // without these as a folder of sentence-transformers says
            .normalize(true)
            .build()) {
      List<float[]> vectors = embedder.embed(List.of(a, b));
      return TextEmbedder.cosineSimilarity(vectors.get(0), vectors.get(1));
    }
    // end docs
  }

  /** Ask a model of your own for a row of a table. */
  @SuppressWarnings("NullAway") // every row has features
  public static float[] score(TrainableModel model, Path folder, Map<String, Object> row)
      throws IOException {
    // docs: inference
    TabularFeatures features = TabularFeatures.load(folder); // beside the weights of the checkpoint
    float[] input = (float[]) features.apply(row).get("features");
    float[] scores =
        Inference.run(
            model, // a BlockModel, a TorchScriptModel, ...
            manager ->
                ModelInputs.of("features", manager.create(input, new Shape(1, input.length))),
            output -> Inference.floats(output.logits())); // Java values, the arrays are freed
    // end docs
    return scores;
  }
}
