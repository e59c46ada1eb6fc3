// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.predict;

import dev.trainer4j.model.Inference;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.tokenization.EncodeOptions;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.TokenizedText;
import dev.trainer4j.transformers.tokenization.TokenizerException;
import dev.trainer4j.transformers.tokenization.TruncationStrategy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Finds the answer to a question in a text of any length: what transformers' pipeline {@code question-answering} did
 * up to its version 4.
 *
 * <pre>{@code
 * try (QuestionAnswerer model = QuestionAnswerer.load(folder)) {
 *   Answer answer = model.answer("Where is Oslo?", "Oslo is in Norway.");
 * }
 * }</pre>
 *
 * <p>A long context is read in pieces of {@code maxLength} tokens, by default 384, that share {@code stride} tokens, by
 * default 128 or half of a shorter piece. An answer consists of whole words. Safe for use from many threads.
 */
public final class QuestionAnswerer implements AutoCloseable {

  private static final int MAX_LENGTH = 384;
  private static final int STRIDE = 128;
  private static final int MAX_ANSWER = 15;

  private final TextModel model;
  private final AnswerRule rule;
  private final EncodeOptions options;
  private final int maxLength;

  private QuestionAnswerer(TextModel model, int maxLength, int stride, AnswerRule rule) {
    this.model = model;
    this.rule = rule;
    int length = Math.min(model.maxLength(), maxLength);
    this.maxLength = length;
    options =
        EncodeOptions.builder()
            .truncation(TruncationStrategy.ONLY_SECOND)
            .maxLength(length)
            .stride(stride > 0 ? stride : Math.min(STRIDE, length / 2))
            .build();
  }

  /**
   * Loads model and tokenizer of a folder.
   *
   * @throws IOException if a file is missing, damaged or cannot be read
   * @throws dev.trainer4j.transformers.PretrainedException if the folder is none of a model trained to find answers
   */
  public static QuestionAnswerer load(Path folder) throws IOException {
    return builder(folder).build();
  }

  /** Begins a predictor of a folder. */
  public static Builder builder(Path folder) {
    return new Builder(folder);
  }

  /** Begins a predictor of a model in memory; model and tokenizer stay the caller's. */
  public static Builder builder(PretrainedModel model, PretrainedTokenizer tokenizer) {
    return new Builder(model, tokenizer);
  }

  /**
   * Returns the most likely answer.
   *
   * @throws IllegalArgumentException if question or context is blank, or the question leaves no room for the context
   */
  public Answer answer(String question, String context) {
    return answers(question, context, 1).get(0);
  }

  /** Returns up to {@code topK} answers, the most likely first; at least one. */
  public List<Answer> answers(String question, String context, int topK) {
    if (topK < 1) {
      throw new IllegalArgumentException("topK is " + topK + ", must be at least 1");
    }
    if (question.isBlank() || context.isBlank()) {
      throw new IllegalArgumentException(
          (question.isBlank() ? "question" : "context") + " is blank: give a text");
    }
    List<TokenizedText> pieces =
        model.withTokenizer(tokenizer -> pieces(tokenizer, question, context));
    return rule.best(context, pieces, model.run(pieces, this::read), topK);
  }

  private List<TokenizedText> pieces(
      PretrainedTokenizer tokenizer, String question, String context) {
    try {
      return tokenizer.encodePieces(question, context, options);
    } catch (TokenizerException e) {
      int length = tokenizer.encode(question).length();
      if (length < maxLength) {
        throw e;
      }
      throw new IllegalArgumentException(
          "question has "
              + length
              + " tokens, which leaves no room for the context: "
              + maxLength
              + " of both are read together. Ask a shorter one",
          e);
    }
  }

  private List<AnswerRule.Logits> read(ModelOutput output, List<TokenizedText> batch) {
    float[][] starts = Inference.rows(output.get("start_logits"));
    float[][] ends = Inference.rows(output.get("end_logits"));
    List<AnswerRule.Logits> results = new ArrayList<>();
    for (int i = 0; i < batch.size(); i++) {
      int at = model.start(batch.get(i), starts[i].length);
      int to = at + batch.get(i).length();
      results.add(
          new AnswerRule.Logits(
              Arrays.copyOfRange(starts[i], at, to), Arrays.copyOfRange(ends[i], at, to)));
    }
    return results;
  }

  /** Waits for calls in other threads, and frees model and tokenizer if it loaded them. */
  @Override
  public void close() {
    model.close();
  }

  /** Collects the settings of a {@link QuestionAnswerer}. */
  public static final class Builder extends PredictorBuilder<Builder> {

    private int maxLength = MAX_LENGTH;
    private int stride;
    private int maxAnswer = MAX_ANSWER;
    private boolean impossible;
    private double noAnswerThreshold;

    private Builder(Path folder) {
      super(Task.QUESTION_ANSWERING, folder);
    }

    private Builder(PretrainedModel model, PretrainedTokenizer tokenizer) {
      super(Task.QUESTION_ANSWERING, model, tokenizer);
    }

    @Override
    Builder self() {
      return this;
    }

    /** Sets the tokens of a piece: question, context and special ones; 384 by default, or what the model takes. */
    @Override
    public Builder maxLength(int tokens) {
      maxLength = tokens;
      return super.maxLength(tokens);
    }

    /** Sets how many tokens of the context pieces share; 128 by default, or half of a shorter piece. */
    public Builder stride(int tokens) {
      if (tokens < 1) {
        throw new IllegalArgumentException("stride is " + tokens + ", must be at least 1");
      }
      stride = tokens;
      return this;
    }

    /** Sets the most tokens of an answer; 15 by default. */
    public Builder maxAnswerLength(int tokens) {
      if (tokens < 1) {
        throw new IllegalArgumentException("maxAnswerLength is " + tokens + ", must be at least 1");
      }
      maxAnswer = tokens;
      return this;
    }

    /**
     * Sets whether the answer may be that there is none, as in SQuAD 2: then it is empty, from 0 to 0. Not by default.
     */
    public Builder handleImpossibleAnswer(boolean value) {
      impossible = value;
      return this;
    }

    /**
     * Sets how much surer that there is no answer must be than an answer to come before it, where {@link #handleImpossibleAnswer} is set:
     * the difference of the logarithms of their scores. 0 by default; more gives more answers, less gives fewer. For a context of
     * one piece it is run_qa's {@code null_score_diff_threshold}.
     */
    public Builder noAnswerThreshold(double difference) {
      if (!Double.isFinite(difference)) {
        throw new IllegalArgumentException(
            "noAnswerThreshold is " + difference + ", must be a number");
      }
      noAnswerThreshold = difference;
      return this;
    }

    /**
     * Makes the predictor.
     *
     * @throws IOException if a file is missing, damaged or cannot be read
     * @throws dev.trainer4j.transformers.PretrainedException if the folder is none of a model trained to find answers
     */
    public QuestionAnswerer build() throws IOException {
      AnswerRule rule = new AnswerRule(maxAnswer, impossible, noAnswerThreshold);
      return made(model -> new QuestionAnswerer(model, maxLength, stride, rule));
    }
  }
}
