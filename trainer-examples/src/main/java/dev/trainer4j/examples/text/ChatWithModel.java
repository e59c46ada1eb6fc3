// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.text;

import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.PeftModel;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.generation.GenerationConfig;
import dev.trainer4j.transformers.generation.GenerativeModel;
import dev.trainer4j.transformers.generation.Generator;
import dev.trainer4j.transformers.generation.TextStreamer;
import dev.trainer4j.transformers.tokenization.ChatTemplateOptions;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.SpecialToken;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Talks with a chat model: each line of standard input is a question, and the answers are streamed. It ends where the input does.
 *
 * <pre>echo "What comes after Monday?" | java ... dev.trainer4j.examples.text.ChatWithModel \
 *   out/instruction-tuning/small out/instruction-tuning/adapter</pre>
 *
 * <p>The arguments are the folder of a causal language model and, if there is one, that of an adapter for it. The tokenizer, with its
 * chat template, is the adapter's or else the model's.
 */
public final class ChatWithModel {

  private static final int MOST_NEW_TOKENS = 200;

  private ChatWithModel() {}

  /** Talk. */
  public static void main(String[] args) throws IOException {
    if (args.length == 0) {
      System.err.println("Give the folder of a model and, if there is one, that of its adapter.");
      return;
    }
    run(Path.of(args[0]), args.length > 1 ? Path.of(args[1]) : null, System.in, System.out);
  }

  /** Answer each line of {@code in}, in one conversation. */
  static void run(Path folder, @Nullable Path adapter, InputStream in, PrintStream out)
      throws IOException {
    try (PretrainedModel base = AutoModels.causalLm(folder);
        PretrainedTokenizer tokenizer =
            PretrainedTokenizer.load(adapter == null ? folder : adapter);
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      if (adapter == null) {
        talk(base, tokenizer, lines, out);
        return;
      }
      try (PeftModel model = PeftModel.load(base, adapter)) {
        talk(model, tokenizer, lines, out);
      }
    }
  }

  private static void talk(
      GenerativeModel model, PretrainedTokenizer tokenizer, BufferedReader lines, PrintStream out)
      throws IOException {
    List<Map<String, Object>> conversation = new ArrayList<>();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.isBlank()) {
        continue;
      }
      conversation.add(message("user", line.strip()));
      String answer = answer(model, tokenizer, conversation, out);
      out.println();
      conversation.add(message("assistant", answer));
    }
  }

  /** Answer a conversation, streaming to {@code out}. */
  // docs: chat
  static String answer(
      GenerativeModel model,
      PretrainedTokenizer tokenizer,
      List<Map<String, Object>> conversation,
      PrintStream out) {
    int[] prompt =
        tokenizer.applyChatTemplate(conversation, null, ChatTemplateOptions.prompt()).inputIds();
    GenerationConfig config =
        model.generationConfig().toBuilder()
            .maxNewTokens(MOST_NEW_TOKENS)
            .eosTokenId(List.of(tokenizer.specialTokenId(SpecialToken.EOS).orElseThrow()))
            .build();
    long[][] ids = {Arrays.stream(prompt).asLongStream().toArray()};
    long[] answer =
        Generator.of(model)
            .withStreamer(new TextStreamer(tokenizer, out::print))
            .generate(ids, null, config)
            .newTokens()[0];
    return tokenizer.decode(answer, true);
  }

  // end docs

  /** Say something. */
  static Map<String, Object> message(String role, String content) {
    Map<String, Object> message = new LinkedHashMap<>();
    message.put("role", role);
    message.put("content", content);
    return message;
  }
}
