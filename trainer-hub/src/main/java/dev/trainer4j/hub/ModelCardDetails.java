// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a model card says and no run knows. What is left out is left out of the card, or found: the base model in the configuration of the
 * model, its license on the Hub, the task in the name of the architecture.
 *
 * @param license such as {@code apache-2.0}
 * @param languages such as {@code en}
 * @param tags beside {@code generated_from_trainer} and {@code trainer4j}
 * @param datasets names on the Hub, such as {@code stanfordnlp/imdb}
 * @param baseModel the name on the Hub of the model that was fine-tuned
 * @param task such as {@code text-classification}
 */
public record ModelCardDetails(
    @Nullable String license,
    List<String> languages,
    List<String> tags,
    List<String> datasets,
    @Nullable String baseModel,
    @Nullable String task) {

  /** Copies the lists. */
  public ModelCardDetails {
    languages = List.copyOf(languages);
    tags = List.copyOf(tags);
    datasets = List.copyOf(datasets);
  }

  /** Leaves everything out. */
  public static ModelCardDetails none() {
    return new ModelCardDetails(null, List.of(), List.of(), List.of(), null, null);
  }

  /** Names the license. */
  public ModelCardDetails license(String name) {
    return new ModelCardDetails(name, languages, tags, datasets, baseModel, task);
  }

  /** Names the languages. */
  public ModelCardDetails languages(String... names) {
    return new ModelCardDetails(license, List.of(names), tags, datasets, baseModel, task);
  }

  /** Adds tags. */
  public ModelCardDetails tags(String... names) {
    return new ModelCardDetails(license, languages, List.of(names), datasets, baseModel, task);
  }

  /** Names the data sets. */
  public ModelCardDetails datasets(String... names) {
    return new ModelCardDetails(license, languages, tags, List.of(names), baseModel, task);
  }

  /** Names the model that was fine-tuned. */
  public ModelCardDetails baseModel(String name) {
    return new ModelCardDetails(license, languages, tags, datasets, name, task);
  }

  /** Names the task. */
  public ModelCardDetails task(String name) {
    return new ModelCardDetails(license, languages, tags, datasets, baseModel, name);
  }
}
