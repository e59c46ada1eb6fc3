// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.prepare;

import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.transformers.metrics.AnswerSpans;
import dev.trainer4j.transformers.tokenization.EncodeOptions;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.TokenizedText;
import dev.trainer4j.transformers.tokenization.TruncationStrategy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Questions with their contexts as samples, and the answers that logits of these samples stand for: what run_qa of transformers does
 * before and after the model.
 *
 * <p>A context that is too long becomes several samples that share {@code stride} tokens. Each knows where the answer begins and ends,
 * {@code start_positions} and {@code end_positions}; one that does not hold the whole answer, and each of a question without one, has its
 * first token, such as [CLS], for both.
 */
public final class AnswerFeatures {

  private static final int NOWHERE = -1;

  /**
   * A question.
   *
   * @param question the question
   * @param context the text that has the answer
   * @param answers what counts as right; the first is learned. None for {@link #unanswerable}
   * @param start the first char of the first answer in the context; -1 if there is none
   */
  public record Example(String question, String context, List<String> answers, int start) {

    /** Checks that the answer stands where it is said to. */
    public Example {
      answers = List.copyOf(answers);
      boolean none = answers.isEmpty() && start == NOWHERE;
      if (!none && (answers.isEmpty() || answers.get(0).isEmpty())) {
        throw new IllegalArgumentException(
            "there is no answer: give one that is a part of the context");
      }
      if (!none && (start < 0 || !context.startsWith(answers.get(0), start))) {
        throw new IllegalArgumentException(
            "the answer '"
                + answers.get(0)
                + "' does not stand at character "
                + start
                + " of the context");
      }
    }

    /** A question that the context does not answer, as there are in SQuAD 2: to be learned is the first token. */
    public static Example unanswerable(String question, String context) {
      return new Example(question, context, List.of(), NOWHERE);
    }
  }

  private final List<Example> examples;
  private final List<List<TokenizedText>> pieces = new ArrayList<>();

  /**
   * Divides contexts.
   *
   * @param tokenizer that of the model
   * @param examples the questions
   * @param maxLength tokens of a sample at most, 384 in run_qa: question, context and special ones
   * @param stride tokens of the context that neighbouring samples share, 128 in run_qa
   * @throws IllegalArgumentException if a question leaves no room for its context
   */
  public AnswerFeatures(
      PretrainedTokenizer tokenizer, List<Example> examples, int maxLength, int stride) {
    this.examples = List.copyOf(examples);
    EncodeOptions options =
        EncodeOptions.builder()
            .truncation(TruncationStrategy.ONLY_SECOND)
            .maxLength(maxLength)
            .stride(stride)
            .build();
    for (Example example : this.examples) {
      // As in run_qa: blanks before a question would eat the room of the context.
      pieces.add(
          tokenizer.encodePieces(example.question().stripLeading(), example.context(), options));
    }
  }

  /** The samples of all questions, in their order: inputs of the model and the two positions. */
  public Dataset<Map<String, Object>> samples() {
    List<Map<String, Object>> samples = new ArrayList<>();
    for (int i = 0; i < examples.size(); i++) {
      for (TokenizedText piece : pieces.get(i)) {
        samples.add(sample(piece, examples.get(i)));
      }
    }
    return Datasets.of(samples);
  }

  private static Map<String, Object> sample(TokenizedText piece, Example example) {
    Map<String, Object> sample = piece.toSample();
    if (example.answers().isEmpty()) {
      sample.put("start_positions", 0);
      sample.put("end_positions", 0);
      return sample;
    }
    int from = example.start();
    int to = from + example.answers().get(0).length();
    int first = -1;
    int last = -1;
    for (int token = 0; token < piece.length(); token++) {
      if (piece.sequenceIds()[token] == 1) {
        first = piece.start(token) <= from ? token : first;
        last = last < 0 && piece.end(token) >= to ? token : last;
      }
    }
    // Of a piece that begins behind the start of the answer, or ends before its end, one of the two
    // is not found.
    boolean whole = first >= 0 && last >= 0;
    sample.put("start_positions", whole ? first : 0);
    sample.put("end_positions", whole ? last : 0);
    return sample;
  }

  /**
   * Finds the answers.
   *
   * @param starts logits of first tokens, one row a sample in the order of {@link #samples}; longer rows are padded on the right
   * @param ends logits of last tokens
   * @param nBest how many first and last tokens are tried; 20 in run_qa
   * @param maxAnswerLength tokens of an answer at most; 30 in run_qa
   * @return one answer a question
   */
  public List<String> answers(float[][] starts, float[][] ends, int nBest, int maxAnswerLength) {
    return found(
        starts,
        ends,
        (context, own, from, to) ->
            AnswerSpans.best(context, own, from, to, nBest, maxAnswerLength));
  }

  /**
   * Finds the answers where there are some, as run_qa does with {@code version_2_with_negative}.
   *
   * @param starts logits of first tokens, one row a sample in the order of {@link #samples}; longer rows are padded on the right
   * @param ends logits of last tokens
   * @param nBest how many first and last tokens are tried; 20 in run_qa
   * @param maxAnswerLength tokens of an answer at most; 30 in run_qa
   * @param threshold by how much the logits of no answer must exceed those of the best one; 0 in run_qa
   * @return one answer a question; empty where there is none
   */
  public List<String> answersOrNone(
      float[][] starts, float[][] ends, int nBest, int maxAnswerLength, double threshold) {
    return found(
        starts,
        ends,
        (context, own, from, to) ->
            AnswerSpans.bestOrNone(context, own, from, to, nBest, maxAnswerLength, threshold));
  }

  /** Chooses the answer of one question by the logits of its pieces. */
  private interface Choice {
    AnswerSpans.Answer of(
        String context, List<TokenizedText> own, List<float[]> starts, List<float[]> ends);
  }

  private List<String> found(float[][] starts, float[][] ends, Choice choice) {
    List<String> answers = new ArrayList<>();
    int at = 0;
    for (int i = 0; i < examples.size(); i++) {
      List<TokenizedText> own = pieces.get(i);
      if (at + own.size() > starts.length || starts.length != ends.length) {
        throw new IllegalArgumentException(
            "there are "
                + starts.length
                + " rows of starts and "
                + ends.length
                + " of ends: expected one for each sample");
      }
      List<float[]> from = Arrays.asList(starts).subList(at, at + own.size());
      List<float[]> to = Arrays.asList(ends).subList(at, at + own.size());
      answers.add(choice.of(examples.get(i).context(), own, from, to).text());
      at += own.size();
    }
    return answers;
  }

  /**
   * What counts as right, one list a question, which is empty if it has no answer: for {@link
   * dev.trainer4j.transformers.metrics.Squad#score} and {@link dev.trainer4j.transformers.metrics.SquadV2}.
   */
  public List<List<String>> references() {
    return examples.stream().map(Example::answers).toList();
  }
}
