// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.report;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackProvider;
import dev.trainer4j.callback.TrainerCallback;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;

/** The callbacks that {@code reportTo} names. */
public final class ReportCallbacks {

  private static final String ALL = "all";

  private final TrainingArguments args;
  private final Map<String, CallbackProvider> chosen = new LinkedHashMap<>();
  private final List<String> problems = new ArrayList<>();

  public ReportCallbacks(TrainingArguments args) {
    this.args = args;
    // Without the argument nothing is looked for, so that a broken provider harms nobody.
    if (!args.reportTo().isEmpty()) {
      choose(known());
    }
  }

  private Map<String, CallbackProvider> known() {
    Map<String, CallbackProvider> known = new LinkedHashMap<>();
    for (CallbackProvider provider : providers()) {
      for (String name : provider.names()) {
        CallbackProvider other = known.putIfAbsent(name, provider);
        if (other != null && args.reportTo().contains(name)) {
          problems.add(
              "reportTo: '%s' is offered by %s and by %s; take one of them off the class path"
                  .formatted(name, other.getClass().getName(), provider.getClass().getName()));
        }
      }
    }
    return known;
  }

  /** Beside this library, or where the host keeps its plugins. */
  private static List<CallbackProvider> providers() {
    List<CallbackProvider> here =
        load(ServiceLoader.load(CallbackProvider.class, ReportCallbacks.class.getClassLoader()));
    return here.isEmpty() ? load(ServiceLoader.load(CallbackProvider.class)) : here;
  }

  private static List<CallbackProvider> load(ServiceLoader<CallbackProvider> loader) {
    return loader.stream().map(ServiceLoader.Provider::get).toList();
  }

  private void choose(Map<String, CallbackProvider> known) {
    if (known.isEmpty()) {
      problems.add(
          "reportTo: "
              + args.reportTo()
              + " needs callbacks, and none are on the class path; add"
              + " dev.trainer4j:trainer-callbacks in the version of trainer-core, or remove reportTo");
      return;
    }
    if (args.reportTo().contains(ALL)) {
      known.forEach(
          (name, provider) -> {
            if (provider.missing(name).isEmpty()) {
              chosen.put(name, provider);
            }
          });
      return;
    }
    args.reportTo().forEach(name -> choose(name, known));
  }

  private void choose(String name, Map<String, CallbackProvider> known) {
    CallbackProvider provider = known.get(name);
    if (provider == null) {
      problems.add(
          "reportTo: '%s' is not known; choose of %s, all, none"
              .formatted(name, String.join(", ", known.keySet())));
      return;
    }
    Optional<String> missing = provider.missing(name);
    if (missing.isPresent()) {
      problems.add(
          "reportTo: '%s' needs something that is not there, in the build or the environment; add %s"
              .formatted(name, missing.get()));
      return;
    }
    chosen.put(name, provider);
  }

  public List<String> problems() {
    return problems;
  }

  /**
   * Makes the callbacks.
   *
   * @param added the callbacks that were added by hand, which would write the same once more
   */
  public List<TrainerCallback> create(List<TrainerCallback> added) {
    List<TrainerCallback> callbacks = new ArrayList<>();
    chosen.forEach(
        (name, provider) -> {
          TrainerCallback callback = provider.create(name, args);
          if (added.stream().anyMatch(other -> other.getClass() == callback.getClass())) {
            throw new IllegalArgumentException(
                "reportTo: '%s' adds a %s, and callback(...) has added one too; leave one of them out"
                    .formatted(name, callback.getClass().getSimpleName()));
          }
          callbacks.add(callback);
        });
    return callbacks;
  }
}
