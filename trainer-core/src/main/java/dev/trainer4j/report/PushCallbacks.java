// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.report;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.PushProvider;
import dev.trainer4j.callback.TrainerCallback;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;

/** The callback that {@code pushToHub} asks for. */
public final class PushCallbacks {
  private static final List<String> HUB_TEXTS =
      List.of("hub_model_id", "hub_token", "hub_private_repo", "hub_revision");

  private final TrainingArguments args;
  private final Optional<PushProvider> provider;

  public PushCallbacks(TrainingArguments args) {
    this.args = args;
    // Without the arguments nothing is looked for, so that a broken provider harms nobody.
    provider = asked().isEmpty() ? Optional.empty() : find();
  }

  /** The arguments that only a provider can serve. */
  private List<String> asked() {
    List<String> asked = new ArrayList<>();
    if (args.pushToHub()) {
      asked.add("pushToHub");
    }
    args.toMap()
        .forEach(
            (name, value) -> {
              if (value != null && HUB_TEXTS.contains(name)) {
                asked.add(TrainingArguments.table().inCamelCase(name));
              }
            });
    return asked;
  }

  /** Beside this library, or where the host keeps its plugins. */
  private static Optional<PushProvider> find() {
    return ServiceLoader.load(PushProvider.class, PushCallbacks.class.getClassLoader())
        .findFirst()
        .or(() -> ServiceLoader.load(PushProvider.class).findFirst());
  }

  public List<String> problems() {
    return asked().isEmpty() || provider.isPresent()
        ? List.of()
        : List.of(
            "%s: needs the module that speaks to the Hub, and it is not on the class path; add"
                    .formatted(String.join(", ", asked()))
                + " dev.trainer4j:trainer-hub in the version of trainer-core, or remove what asks for it");
  }

  /**
   * Makes the callback, if it is asked for.
   *
   * @param added the callbacks that were added by hand
   */
  public List<TrainerCallback> create(List<TrainerCallback> added) {
    if (!args.pushToHub() || provider.isEmpty()) {
      return List.of();
    }
    TrainerCallback callback = provider.get().create(args);
    if (added.stream().anyMatch(other -> other.getClass() == callback.getClass())) {
      return List.of(); // Added by hand, with settings of its own.
    }
    return List.of(callback);
  }
}
