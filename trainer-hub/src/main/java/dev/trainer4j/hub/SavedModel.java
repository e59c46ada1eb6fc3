// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.trainer4j.data.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What a model and its files say about it.
 *
 * @param architecture such as {@code BertForSequenceClassification}, of adapters its end; empty for none of transformers
 * @param isAdapter whether it is an adapter that stands on a base model
 * @param isFineTuned whether its training began with weights of another model
 * @param base the name on the Hub of the model that it comes from
 */
record SavedModel(
    String architecture, boolean isAdapter, boolean isFineTuned, Optional<String> base) {
  private static final JsonMapper JSON = new JsonMapper();

  /** A head of transformers: what cards and classes call it. */
  record Head(String task, String taskName, String python, String java) {}

  private static final Map<String, Head> HEADS =
      Map.of(
          "ForSequenceClassification",
          new Head(
              "text-classification",
              "Text Classification",
              "AutoModelForSequenceClassification",
              "sequenceClassification"),
          "ForTokenClassification",
          new Head(
              "token-classification",
              "Token Classification",
              "AutoModelForTokenClassification",
              "tokenClassification"),
          "ForQuestionAnswering",
          new Head(
              "question-answering",
              "Question Answering",
              "AutoModelForQuestionAnswering",
              "questionAnswering"),
          "ForMultipleChoice",
          new Head(
              "multiple-choice", "Multiple Choice", "AutoModelForMultipleChoice", "multipleChoice"),
          "ForMaskedLM",
          new Head("fill-mask", "Masked Language Modeling", "AutoModelForMaskedLM", "maskedLm"),
          "ForCausalLM",
          new Head(
              "text-generation", "Causal Language Modeling", "AutoModelForCausalLM", "causalLm"),
          "LMHeadModel",
          new Head(
              "text-generation", "Causal Language Modeling", "AutoModelForCausalLM", "causalLm"),
          "ForConditionalGeneration",
          new Head(
              "text2text-generation",
              "Sequence-to-sequence Language Modeling",
              "AutoModelForSeq2SeqLM",
              "seq2SeqLm"));

  /** PEFT's names of tasks, and the heads that adapters of them stand on. */
  private static final Map<String, String> TASK_TYPES =
      Map.of(
          "CAUSAL_LM", "ForCausalLM",
          "SEQ_2_SEQ_LM", "ForConditionalGeneration",
          "SEQ_CLS", "ForSequenceClassification",
          "TOKEN_CLS", "ForTokenClassification",
          "QUESTION_ANS", "ForQuestionAnswering");

  /**
   * Looks at the files of a model.
   *
   * @param loadedFrom where the weights came from that training began with, if the model knows it; else the files are asked
   */
  static SavedModel in(Path folder, Optional<String> loadedFrom) {
    JsonNode config = json(folder.resolve("config.json"));
    JsonNode adapter = json(folder.resolve("adapter_config.json"));
    String origin =
        loadedFrom.orElseGet(
            () ->
                adapter.isMissingNode()
                    ? config.path("_name_or_path").asText("")
                    : adapter.path("base_model_name_or_path").asText(""));
    String architecture =
        adapter.isMissingNode()
            ? config.path("architectures").path(0).asText("")
            : TASK_TYPES.getOrDefault(adapter.path("task_type").asText(""), "");
    return new SavedModel(
        architecture, !adapter.isMissingNode(), !origin.isBlank(), nameOnHub(origin));
  }

  private static JsonNode json(Path file) {
    if (!Files.isRegularFile(file)) {
      return MissingNode.getInstance();
    }
    try {
      return JSON.readTree(Files.readAllBytes(file));
    } catch (IOException e) {
      return MissingNode.getInstance(); // The card says less; the push says what is wrong.
    }
  }

  /** A folder of this machine is nobody's business. */
  private static Optional<String> nameOnHub(String origin) {
    String name = Folders.nameOrPath(origin);
    try {
      boolean local = name.isEmpty() || Files.isDirectory(Path.of(name));
      return local ? Optional.empty() : Optional.of(HubRepo.model(name).id());
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  Optional<Head> head() {
    return HEADS.entrySet().stream()
        .filter(entry -> architecture.endsWith(entry.getKey()))
        .map(Map.Entry::getValue)
        .findFirst();
  }

  static Optional<String> taskName(String task) {
    return HEADS.values().stream()
        .filter(head -> head.task().equals(task))
        .map(Head::taskName)
        .findFirst();
  }

  String library() {
    if (isAdapter) {
      return "peft";
    }
    return architecture.isEmpty() ? "trainer4j" : "transformers";
  }
}
