// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * One flag of the original's {@code launch}, and what becomes of it here.
 *
 * @param name without its dashes, such as {@code num_processes}; also its name in a configuration
 * @param form what it takes
 * @param choices what its value may be, in lower case; none for any. Of one that is not offered, what asks for nothing
 * @param refusal why it is not offered; empty if it works. Values that ask for nothing are taken all the same
 * @param help what it does
 */
record LaunchFlag(
    String name, Form form, List<String> choices, Optional<String> refusal, String help) {

  /** What a flag takes. */
  enum Form {
    /** Nothing: its presence says yes. */
    SWITCH,
    /** True or false. */
    FLAG,
    /** A whole number, from 0. */
    WHOLE,
    /** A whole number, from 1. */
    POSITIVE,
    /** A number of a TCP port, or 0. */
    PORT,
    /** A number above 0. */
    NUMBER,
    /** Anything. */
    TEXT
  }

  private static final List<String> NOTHING = List.of("", "no", "none", "false", "0", "null");

  private static final int LARGEST_PORT = 65535;

  LaunchFlag {
    choices = List.copyOf(choices);
  }

  static LaunchFlag works(String name, Form form, String help) {
    return new LaunchFlag(name, form, List.of(), Optional.empty(), help);
  }

  static LaunchFlag oneOf(String name, List<String> choices, String help) {
    return new LaunchFlag(name, Form.TEXT, choices, Optional.empty(), help);
  }

  static LaunchFlag refused(String name, Form form, String why) {
    return refused(name, form, List.of(), why);
  }

  static LaunchFlag refused(String name, Form form, List<String> nothing, String why) {
    return new LaunchFlag(name, form, nothing, Optional.of(why), "not offered: " + why);
  }

  /** Returns what is wrong with a value, for behind "num_processes is x"; empty if nothing is. */
  Optional<String> problem(String value) {
    if (refusal.isPresent()) {
      boolean asksForNothing = asksForNothing(value.strip().toLowerCase(Locale.ROOT));
      return asksForNothing ? Optional.empty() : Optional.of("not offered: " + refusal.get());
    }
    boolean chosen = choices.isEmpty() || choices.contains(value.strip().toLowerCase(Locale.ROOT));
    if (!chosen) {
      return Optional.of("expected one of " + String.join(", ", choices));
    }
    return isOfForm(value.strip()) ? Optional.empty() : Optional.of("expected " + expected());
  }

  private boolean asksForNothing(String value) {
    return NOTHING.contains(value) || choices.contains(value);
  }

  private boolean isOfForm(String value) {
    return switch (form) {
      case SWITCH, FLAG ->
          List.of("true", "false", "yes", "no", "1", "0").contains(value.toLowerCase(Locale.ROOT));
      case WHOLE -> value.matches("\\d{1,9}");
      case POSITIVE -> value.matches("0*[1-9]\\d{0,8}");
      case PORT -> value.matches("\\d{1,9}") && Integer.parseInt(value) <= LARGEST_PORT;
      case NUMBER -> isPositiveNumber(value);
      case TEXT -> true;
    };
  }

  private static boolean isPositiveNumber(String value) {
    try {
      double number = Double.parseDouble(value);
      return number > 0 && number < Double.POSITIVE_INFINITY;
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private String expected() {
    return switch (form) {
      case SWITCH, FLAG -> "true or false";
      case WHOLE -> "a whole number from 0";
      case POSITIVE -> "a whole number from 1";
      case PORT -> "a port, from 0 to " + LARGEST_PORT;
      case NUMBER -> "a number above 0";
      case TEXT -> "a text";
    };
  }
}
