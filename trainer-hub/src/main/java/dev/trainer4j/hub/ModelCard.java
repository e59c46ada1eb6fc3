// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.state.TrainerState;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A model card: the metadata that the Hub reads, results, hyperparameters, versions, and how to load the model. What somebody wrote into
 * an earlier card stays: between two comments stands what is written anew, and around them what is not.
 */
final class ModelCard {
  private static final String BEGIN =
      "<!-- trainer4j: what stands up to the next such comment is written anew with every push; write your own text"
          + " outside of it -->";
  private static final String END = "<!-- trainer4j: end -->";

  private final ModelPlace place;
  private final TrainingArguments args;
  private final RunResults results;
  private final SavedModel model;
  private final ModelCardDetails details;
  private final @Nullable String license;

  /**
   * Collects what the card says.
   *
   * @param place where the model is found
   * @param model what is saved there
   * @param license of the model or of its base, if somebody knows it
   */
  ModelCard(
      ModelPlace place,
      TrainingArguments args,
      TrainerState state,
      SavedModel model,
      ModelCardDetails details,
      @Nullable String license) {
    this.place = place;
    this.args = args;
    this.details = details;
    this.license = details.license() == null ? license : details.license();
    results = RunResults.of(state.logHistory());
    this.model = model;
  }

  /** The base model, by the details or by the files. */
  static Optional<String> baseModel(SavedModel model, ModelCardDetails details) {
    return details.baseModel() == null ? model.base() : Optional.of(details.baseModel());
  }

  private Optional<String> base() {
    return baseModel(model, details);
  }

  private Optional<String> task() {
    return details.task() == null
        ? model.head().map(SavedModel.Head::task)
        : Optional.of(details.task());
  }

  private String name() {
    return place.name();
  }

  /**
   * Writes the card.
   *
   * @param existing the card so far; empty for none
   */
  String write(String existing) {
    CardText before = CardText.of(existing);
    Map<String, Object> metadata = before.merged(metadata());
    return CardText.frontMatter(metadata) + around(before.body());
  }

  private String around(String body) {
    String ours = BEGIN + "\n" + text() + END;
    int begin = body.indexOf(BEGIN);
    int end = body.indexOf(END, Math.max(begin, 0));
    if (begin >= 0 && end > begin) {
      return body.substring(0, begin) + ours + body.substring(end + END.length());
    }
    if (body.isBlank()) {
      return "\n# " + name() + "\n\n" + ours + "\n";
    }
    return body.stripTrailing() + "\n\n" + ours + "\n";
  }

  private Map<String, Object> metadata() {
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("library_name", model.library());
    if (!details.languages().isEmpty()) {
      metadata.put("language", details.languages());
    }
    if (license != null) {
      metadata.put("license", license);
    }
    base().ifPresent(name -> metadata.put("base_model", name));
    List<String> tags = new ArrayList<>(List.of("generated_from_trainer", "trainer4j"));
    details.tags().stream().filter(tag -> !tags.contains(tag)).forEach(tags::add);
    metadata.put("tags", tags);
    if (!details.datasets().isEmpty()) {
      metadata.put("datasets", details.datasets());
    }
    task().ifPresent(task -> metadata.put("pipeline_tag", task));
    if (!results.knownMetrics().isEmpty()) {
      metadata.put("metrics", List.copyOf(results.knownMetrics().keySet()));
    }
    metadata.put("model-index", List.of(modelIndex()));
    return metadata;
  }

  /** The Hub takes a result only with task, data set and metrics. */
  private Map<String, Object> modelIndex() {
    Map<String, Object> index = new LinkedHashMap<>();
    index.put("name", name());
    List<Object> list = new ArrayList<>();
    if (task().isPresent() && !results.knownMetrics().isEmpty()) {
      for (String dataset : details.datasets()) {
        Map<String, Object> result = new LinkedHashMap<>();
        String task = task().get();
        result.put("task", ordered("name", SavedModel.taskName(task).orElse(task), "type", task));
        result.put("dataset", ordered("name", dataset, "type", dataset));
        List<Object> metrics = new ArrayList<>();
        results
            .knownMetrics()
            .forEach(
                (tag, name) -> {
                  Map<String, Object> metric = ordered("name", name, "type", tag);
                  metric.put("value", results.last().get(name));
                  metrics.add(metric);
                });
        result.put("metrics", metrics);
        list.add(result);
      }
    }
    index.put("results", list);
    return index;
  }

  private static Map<String, Object> ordered(String a, String b, String c, String d) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put(a, b);
    map.put(c, d);
    return map;
  }

  private String text() {
    StringBuilder text = new StringBuilder();
    text.append(
        base()
            .map(
                base ->
                    "This model is a fine-tuned version of [%s](https://huggingface.co/%s) on "
                        .formatted(base, base))
            .orElse(
                model.isFineTuned()
                    ? "This model is a fine-tuned version of one that is not on the Hub, on "
                    : "This model was trained from scratch on "));
    text.append(data()).append(".\n");
    if (!results.last().isEmpty()) {
      text.append("It achieves the following results on the evaluation set:\n\n");
      results
          .last()
          .forEach(
              (name, value) ->
                  text.append("- ")
                      .append(name)
                      .append(": ")
                      .append(RunResults.number(value))
                      .append('\n'));
    }
    text.append("\n## How to load it\n\n").append(LoadingText.of(place, model, base()));
    text.append("\n## Training procedure\n\n### Training hyperparameters\n\n");
    Hyperparameters.of(args)
        .forEach(
            (name, value) ->
                text.append("- ").append(name).append(": ").append(value).append('\n'));
    if (!results.rows().isEmpty()) {
      text.append("\n### Training results\n\n").append(results.table());
    }
    text.append("\n### Framework versions\n\n").append(Versions.list());
    return text.toString();
  }

  private String data() {
    List<String> names = details.datasets();
    if (names.isEmpty()) {
      return "an unknown data set";
    }
    return names.size() == 1
        ? "the " + names.get(0) + " data set"
        : "the data sets " + String.join(", ", names);
  }
}
