// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.optim;

import dev.trainer4j.model.NamedParameter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Gives parameters rates of their own. */
public final class ParameterGroups {

  private ParameterGroups() {}

  /**
   * Moves the parameters whose name {@code pattern} matches into groups with {@code learningRate}; weight
   * decay stays what it was. For several rates call it again with what it returned.
   *
   * <pre>{@code
   * Trainer.builder(model, args)
   *     .parameterGroups(groups -> ParameterGroups.byPattern(groups, "classifier\\..*", 1e-3))
   * }</pre>
   *
   * @param pattern a regular expression that matches the whole of a name
   * @param learningRate base rate, at least 0; the schedule multiplies it
   * @throws IllegalArgumentException if it is no regular expression, or matches no parameter; the message
   *     names some
   */
  public static List<ParameterGroup> byPattern(
      List<ParameterGroup> groups, String pattern, double learningRate) {
    Pattern compiled = compile(pattern);
    List<ParameterGroup> result = new ArrayList<>();
    boolean found = false;
    for (ParameterGroup group : groups) {
      Map<Boolean, List<NamedParameter>> split = new LinkedHashMap<>();
      for (NamedParameter parameter : group.parameters()) {
        boolean matches = compiled.matcher(parameter.name()).matches();
        split.computeIfAbsent(matches, key -> new ArrayList<>()).add(parameter);
        found |= matches;
      }
      split.forEach(
          (matches, parameters) ->
              result.add(
                  new ParameterGroup(
                      parameters,
                      matches ? learningRate : group.learningRate(),
                      group.weightDecay())));
    }
    if (!found) {
      throw new IllegalArgumentException(
          "no trainable parameter matches '"
              + pattern
              + "'; there are such as "
              + groups.stream()
                  .flatMap(group -> group.parameters().stream())
                  .map(NamedParameter::name)
                  .limit(6)
                  .toList());
    }
    return result;
  }

  /** Returns the different base rates of groups in their order: one where all groups share theirs. */
  public static List<Double> rates(List<ParameterGroup> groups) {
    return groups.stream().map(ParameterGroup::learningRate).distinct().toList();
  }

  private static Pattern compile(String pattern) {
    try {
      return Pattern.compile(pattern);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "'" + pattern + "' is no regular expression: " + e.getDescription(), e);
    }
  }
}
