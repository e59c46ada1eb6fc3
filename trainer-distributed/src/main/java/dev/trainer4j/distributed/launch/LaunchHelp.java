// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** What the help of {@code launch} says of its flags: a line for each, by what they are about. */
final class LaunchHelp {

  private static final int NAMES = 46;

  private LaunchHelp() {}

  /** Returns the list of options: the flags in groups, then what is not a flag of the original's. */
  static String options(CommandSpec spec, Help help) {
    StringBuilder text = new StringBuilder();
    LaunchFlags.GROUPS.forEach(
        (heading, flags) -> text.append(heading).append(":\n").append(group(spec, help, flags)));
    Set<String> names =
        LaunchFlags.ALL.keySet().stream().map(name -> "--" + name).collect(Collectors.toSet());
    List<OptionSpec> others =
        spec.options().stream()
            .filter(option -> !option.hidden() && !names.contains(option.names()[0]))
            .toList();
    return text + help.optionListExcludingGroups(others);
  }

  private static String group(CommandSpec spec, Help help, List<LaunchFlag> flags) {
    int width = spec.usageMessage().width();
    Help.TextTable table =
        Help.TextTable.forColumns(
            help.colorScheme(),
            new Help.Column(NAMES, 2, Help.Column.Overflow.SPAN),
            new Help.Column(Math.max(NAMES, width - NAMES), 0, Help.Column.Overflow.WRAP));
    for (LaunchFlag flag : flags) {
      OptionSpec option = spec.findOption("--" + flag.name());
      if (option != null) {
        String value = flag.form() == LaunchFlag.Form.SWITCH ? "" : "=" + value(flag);
        String brief = option.shortestName();
        String further = brief.startsWith("--") ? "" : ", " + brief;
        table.addRowValues("--" + flag.name() + value + further, flag.help());
      }
    }
    return table.toString();
  }

  private static String value(LaunchFlag flag) {
    return switch (flag.form()) {
      case SWITCH, FLAG -> "BOOL";
      case WHOLE, POSITIVE, PORT -> "N";
      case NUMBER -> "X";
      case TEXT -> "VALUE";
    };
  }
}
