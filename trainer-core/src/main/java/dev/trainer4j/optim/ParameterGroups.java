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

  /**
   * Returns the groups that follow others after parameters were frozen or released: each has those that are left of it, and
   * what is in none of them is grouped as at first.
   *
   * @param before the groups that were
   * @param parameters all that is trainable now
   * @param learningRate of what was released
   * @param weightDecay of what was released and decays
   */
  public static List<ParameterGroup> following(
      List<ParameterGroup> before,
      List<NamedParameter> parameters,
      double learningRate,
      double weightDecay) {
    // By name: arrays are equal if their numbers are.
    Map<String, NamedParameter> released = new LinkedHashMap<>();
    parameters.forEach(parameter -> released.put(parameter.name(), parameter));
    List<ParameterGroup> groups = new ArrayList<>();
    for (ParameterGroup group : before) {
      List<NamedParameter> left =
          group.parameters().stream()
              .filter(parameter -> released.remove(parameter.name()) != null)
              .toList();
      if (!left.isEmpty()) {
        groups.add(new ParameterGroup(left, group.learningRate(), group.weightDecay()));
      }
    }
    groups.addAll(
        ParameterGroup.decayAndNoDecay(List.copyOf(released.values()), learningRate, weightDecay));
    return groups;
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
