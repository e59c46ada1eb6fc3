// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.ndarray.types.Shape;
import dev.trainer4j.transformers.architecture.Architecture;
import dev.trainer4j.transformers.architecture.TensorSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Which tensor of a file is which of the model.
 *
 * <p>A checkpoint of the body alone lacks the prefix of its names, and old ones call the weights of
 * norms gamma and beta. A tensor of the head that no file holds begins anew; one of the body must be
 * there.
 */
final class TensorMatch {

  private final Map<String, String> sources;
  private final Set<String> fresh;

  /** Fresh ones that begin as what they are, such as zeros that nothing trains. */
  private final Set<String> constant;

  private final List<String> unexpected;
  private final List<String> mismatched;

  private TensorMatch(
      Map<String, String> sources,
      Set<String> fresh,
      Set<String> constant,
      List<String> unexpected,
      List<String> mismatched) {
    this.sources = sources;
    this.fresh = fresh;
    this.constant = constant;
    this.unexpected = unexpected;
    this.mismatched = mismatched;
  }

  /** Matches; without {@code tensors}, everything is fresh. */
  static TensorMatch of(
      Architecture architecture,
      String prefix,
      @Nullable FolderTensors tensors,
      boolean ignoreMismatchedSizes) {
    Map<String, String> sources = new LinkedHashMap<>();
    Set<String> fresh = new LinkedHashSet<>();
    if (tensors == null) {
      architecture.tensors().forEach(spec -> fresh.add(spec.name()));
      return new TensorMatch(sources, fresh, Set.of(), List.of(), List.of());
    }
    Map<String, String> byModelName = new LinkedHashMap<>();
    Set<String> wanted = new LinkedHashSet<>();
    architecture.tensors().forEach(spec -> wanted.add(spec.name()));
    wanted.addAll(architecture.tied().keySet());
    List<String> unexpected = new ArrayList<>();
    List<Pattern> ignored = architecture.ignored().stream().map(Pattern::compile).toList();
    for (String name : tensors.names()) {
      String found = modelName(name, prefix, wanted);
      if (found != null) {
        String other = byModelName.putIfAbsent(found, name);
        if (other != null) {
          throw new PretrainedException(
              tensors.source()
                  + " holds "
                  + other
                  + " and "
                  + name
                  + ", which are both the model's "
                  + found
                  + ": remove the one that is not meant");
        }
      } else if (ignored.stream().noneMatch(p -> p.matcher(name).matches())) {
        unexpected.add(name);
      }
    }
    List<String> missing = new ArrayList<>();
    List<String> mismatched = new ArrayList<>();
    boolean bad = false;
    boolean headAlone = true;
    for (TensorSpec spec : architecture.tensors()) {
      String source = byModelName.get(spec.name());
      for (Map.Entry<String, String> tie : architecture.tied().entrySet()) {
        if (source == null && tie.getValue().equals(spec.name())) {
          source = byModelName.get(tie.getKey());
        }
      }
      boolean head = architecture.mayBeFresh(spec.name());
      if (source == null) {
        (head ? fresh : missing).add(spec.name());
        continue;
      }
      Shape shape = tensors.shape(source);
      Shape expected = tensors.wanted(spec, source);
      if (shape.equals(expected)) {
        sources.put(spec.name(), source);
        continue;
      }
      mismatched.add(source + " is " + shape + ", the model has " + expected);
      if (head && ignoreMismatchedSizes) {
        fresh.add(spec.name());
      } else {
        bad = true;
        headAlone &= head;
      }
    }
    if (bad || !missing.isEmpty()) {
      boolean loadsAnew = bad && headAlone && missing.isEmpty();
      throw problem(tensors, missing, mismatched, unexpected, loadsAnew);
    }
    for (TensorSpec spec : architecture.tensors()) {
      if (sources.containsKey(spec.name()) == fresh.contains(spec.name())) {
        throw new IllegalStateException(spec.name() + " must be read or begin anew, one of both");
      }
    }
    Set<String> constant = new LinkedHashSet<>(fresh);
    architecture.tensors().stream()
        .filter(TensorSpec::trainable)
        .forEach(spec -> constant.remove(spec.name()));
    return new TensorMatch(sources, fresh, constant, unexpected, mismatched);
  }

  private static @Nullable String modelName(String name, String prefix, Set<String> wanted) {
    String renamed =
        name.endsWith(".gamma")
            ? name.substring(0, name.length() - 5) + "weight"
            : name.endsWith(".beta") ? name.substring(0, name.length() - 4) + "bias" : name;
    boolean bare = wanted.stream().noneMatch(other -> other.startsWith(prefix + "."));
    for (String candidate : List.of(name, renamed)) {
      // A body alone has no prefix; in the folder of a model with a head it has.
      if (bare && candidate.startsWith(prefix + ".")) {
        String own = candidate.substring(prefix.length() + 1);
        if (wanted.contains(own)) {
          return own;
        }
      }
      if (wanted.contains(candidate)) {
        return candidate;
      }
      if (wanted.contains(prefix + "." + candidate)) {
        return prefix + "." + candidate;
      }
    }
    return null;
  }

  private static PretrainedException problem(
      FolderTensors tensors,
      List<String> missing,
      List<String> mismatched,
      List<String> unexpected,
      boolean loadsAnew) {
    StringBuilder text = new StringBuilder(tensors.source() + " does not fit its configuration.");
    if (!missing.isEmpty()) {
      text.append("\n  missing: ").append(listed(missing));
    }
    if (!mismatched.isEmpty()) {
      text.append("\n  of another shape: ").append(listed(mismatched));
    }
    if (!unexpected.isEmpty()) {
      text.append("\n  unexpected: ").append(listed(unexpected));
    }
    text.append("\nIs config.json that of these weights?");
    text.append(
        loadsAnew
            ? " A head for another number of labels loads with"
                + " LoadOptions.withIgnoreMismatchedSizes(true), and is then new."
            : " Only a head may begin anew: the tensors of the body must be there, in the shapes that"
                + " config.json gives them.");
    return new PretrainedException(text.toString());
  }

  private static String listed(List<String> names) {
    int shown = Math.min(names.size(), 20);
    return String.join(", ", names.subList(0, shown))
        + (shown < names.size() ? " and " + (names.size() - shown) + " more" : "");
  }

  /**
   * Refuses a match in which something would begin anew.
   *
   * @param source the file, for the message
   */
  void requireAll(String source) {
    List<String> untrained = fresh.stream().filter(name -> !constant.contains(name)).toList();
    if (!untrained.isEmpty()) {
      throw new PretrainedException(
          source
              + " lacks tensors of the head: "
              + listed(untrained)
              + ". They would begin anew and answer at random: train the model for this task first.");
    }
  }

  /** Tells what is new and what was left aside. */
  void report(Logger logger) {
    if (!mismatched.isEmpty()) {
      logger.warn("Of another shape, and begun anew: {}", listed(mismatched));
    }
    List<String> untrained = fresh.stream().filter(name -> !constant.contains(name)).toList();
    if (!untrained.isEmpty()) {
      logger.warn(
          "Not in the folder, and begun anew: {}. Train the model before you use its outputs.",
          listed(untrained));
    }
    if (!unexpected.isEmpty()) {
      logger.warn("In the folder, and not used by this model: {}", listed(unexpected));
    }
  }

  /** Returns the tensors of the model that have to be initialised. */
  Set<String> fresh() {
    return fresh;
  }

  /** Returns, of each tensor of the model that is not fresh, the name in the file. */
  Map<String, String> sources() {
    return sources;
  }
}
