// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.architecture;

import dev.trainer4j.torch.ScriptKernels;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The text of a kernels resource, in which {@code $name} stands for a constant of the model.
 *
 * <p>A constant in the text lets libtorch's compiler drop what a model does not have.
 */
public final class KernelText {

  private static final Pattern CONSTANT = Pattern.compile("\\$([a-z_0-9]+)");

  private static final Set<String> CHANGING =
      Stream.concat(Stream.of(ScriptKernels.AUTOCAST), KernelLayout.PLACES.stream())
          .collect(Collectors.toUnmodifiableSet());

  private static final String SELF = "__torch__.Self";

  private KernelText() {}

  /**
   * Compiles a resource, and behind it others that several kinds of architecture share.
   *
   * @param owner the class that {@code resource} lies beside
   * @param className the class that {@code resource} defines
   * @param constants every {@code $name} of the text: numbers, booleans, and texts, which are quoted
   * @param shared resources beside this class: they hold more methods of the class and call it {@code
   *     Self}
   * @throws IllegalStateException if a resource is missing, or the constants are not those of the text
   */
  public static ModelKernels compile(
      Class<?> owner,
      String className,
      Map<String, ?> constants,
      String resource,
      String... shared) {
    String source =
        Stream.concat(
                Stream.of(ScriptKernels.text(owner, resource)),
                Stream.of(shared).map(name -> ScriptKernels.text(KernelText.class, name)))
            .collect(Collectors.joining("\n"));
    Set<String> used = new HashSet<>();
    Matcher matcher = CONSTANT.matcher(named(source, className));
    StringBuilder text = new StringBuilder();
    while (matcher.find()) {
      if (CHANGING.contains(matcher.group())) {
        continue; // Not the model's: it changes from pass to pass.
      }
      Object value = constants.get(matcher.group(1));
      if (value == null) {
        throw new IllegalStateException(className + " has no value for $" + matcher.group(1));
      }
      used.add(matcher.group(1));
      matcher.appendReplacement(text, Matcher.quoteReplacement(literal(value)));
    }
    matcher.appendTail(text);
    if (!used.containsAll(constants.keySet())) {
      throw new IllegalStateException(className + " does not use all of " + constants.keySet());
    }
    return new ModelKernels(className, text.toString());
  }

  /** Returns resources beside this class as methods of a class. */
  static String shared(String className, List<String> resources) {
    return named(
        resources.stream()
            .map(name -> ScriptKernels.text(KernelText.class, name))
            .collect(Collectors.joining("\n")),
        className);
  }

  private static String named(String text, String className) {
    return text.replace(SELF, "__torch__." + className);
  }

  private static String literal(Object value) {
    if (value instanceof Boolean flag) {
      return flag ? "True" : "False";
    }
    if (value instanceof Number) {
      return value.toString();
    }
    return "\"" + value + "\"";
  }
}
