// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The text of {@code --help}, laid out by picocli from the table of arguments. */
final class CommandLineHelp {
  private CommandLineHelp() {}

  static String text(List<ArgumentTable<?, ?>> tables) {
    CommandSpec spec = CommandSpec.create().name("train");
    spec.usageMessage()
        .customSynopsis("[--config FILE] [--argument VALUE]...")
        .sortOptions(false)
        .width(110)
        .footer("", "Dashes may stand for underscores, and --argument=VALUE for --argument VALUE.");
    spec.addOption(
        option("config", "<file>", "YAML or JSON file to read first; the flags win over it"));
    tables.forEach(table -> addOptions(spec, table));
    spec.addOption(OptionSpec.builder("--help").description("this text").build());
    return new CommandLine(spec).getUsageMessage(CommandLine.Help.Ansi.OFF);
  }

  private static <B> void addOptions(CommandSpec spec, ArgumentTable<?, B> table) {
    Object defaults = table.unchecked(table.start());
    for (Argument<?> argument : table.arguments()) {
      Object value = argument.plain(defaults);
      String end = value == null ? "" : " (default " + ValueType.show(value) + ")";
      spec.addOption(option(argument.name(), label(argument.type()), argument.help() + end));
    }
  }

  private static OptionSpec option(String name, String label, String help) {
    return OptionSpec.builder("--" + name)
        .type(String.class)
        .arity("1")
        .paramLabel(label)
        .description(help.replace("%", "%%"))
        .build();
  }

  private static String label(ValueType<?> type) {
    return switch (type.arity()) {
      case AT_MOST_ONE -> "[true|false]";
      case AT_LEAST_ONE -> "<name>...";
      case ONE -> "<value>";
    };
  }
}
