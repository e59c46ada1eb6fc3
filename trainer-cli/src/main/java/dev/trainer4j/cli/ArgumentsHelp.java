// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli;

import dev.trainer4j.args.Argument;
import dev.trainer4j.args.ArgumentTable;
import dev.trainer4j.args.ValueType;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The help of commands: picocli's, where a command's flags are those of tables made of them first. */
final class ArgumentsHelp {
  private ArgumentsHelp() {}

  static Help of(CommandSpec spec, Help.ColorScheme colors) {
    return new Help(described(spec), colors);
  }

  private static CommandSpec described(CommandSpec spec) {
    // The line of a command in the list of its program needs no tables, and they cost half of the
    // start.
    boolean asked = spec.commandLine() != null && spec.commandLine().isUsageHelpRequested();
    if (!asked || !(spec.userObject() instanceof ArgumentsCommand command)) {
      return spec;
    }
    Set<String> essentials = command.essentials();
    return described(spec, command, name -> command.helpAll() || essentials.contains(name));
  }

  /** A description of the command with all of its flags, for the shell's completion. */
  static CommandSpec complete(CommandSpec spec) {
    return spec.userObject() instanceof ArgumentsCommand command
        ? described(spec, command, name -> true)
        : spec;
  }

  private static CommandSpec described(
      CommandSpec spec, ArgumentsCommand command, Predicate<String> shown) {
    CommandSpec copy = CommandSpec.create().name(spec.name());
    copy.usageMessage(spec.usageMessage());
    copy.usageMessage().sortOptions(false);
    String qualified = spec.qualifiedName();
    copy.usageMessage().customSynopsis(qualified + " [--config FILE] [--flag VALUE]...");
    for (ArgumentTable<?, ?> table : command.tables()) {
      addGroups(copy, table, shown);
    }
    ArgGroupSpec.Builder ofEvery = section("Options of every command", copy);
    // One option may ask for help, and this copy is only read.
    spec.options()
        .forEach(option -> ofEvery.addArg(OptionSpec.builder(option).usageHelp(false).build()));
    copy.addArgGroup(ofEvery.build());
    return copy;
  }

  /** One section for each heading of the table. */
  private static <A, B> void addGroups(
      CommandSpec spec, ArgumentTable<A, B> table, Predicate<String> shown) {
    A defaults = table.defaults();
    ArgGroupSpec.@Nullable Builder group = null;
    String heading = "";
    for (Argument<?> argument : table.arguments()) {
      if (!shown.test(argument.name())) {
        continue;
      }
      if (group == null || !heading.equals(argument.group())) {
        addGroup(spec, group);
        heading = argument.group();
        group = section(heading.isEmpty() ? "Further" : heading, spec);
      }
      group.addArg(option(argument, defaults));
    }
    addGroup(spec, group);
  }

  private static ArgGroupSpec.Builder section(String heading, CommandSpec spec) {
    return ArgGroupSpec.builder()
        .validate(false)
        .heading("%n" + heading + ":%n")
        .order(spec.argGroups().size());
  }

  private static void addGroup(CommandSpec spec, ArgGroupSpec.@Nullable Builder group) {
    if (group != null) {
      spec.addArgGroup(group.build());
    }
  }

  private static OptionSpec option(Argument<?> argument, Object defaults) {
    Object value = argument.plain(defaults);
    boolean plain = value == null || value.equals(false) || isEmpty(value);
    String end = plain ? "" : " (default " + ValueType.show(value) + ")";
    return OptionSpec.builder("--" + argument.name())
        .type(String.class)
        .arity("1")
        .paramLabel(label(argument.type()))
        .description((argument.help() + choices(argument.type()) + end).replace("%", "%%"))
        .build();
  }

  private static boolean isEmpty(Object value) {
    return value instanceof Collection<?> list
        ? list.isEmpty()
        : value instanceof Map<?, ?> map && map.isEmpty();
  }

  private static String choices(ValueType<?> type) {
    boolean known = type.javaType().isEnum() && type.expected().startsWith("one of ");
    return known ? ": " + type.expected() : "";
  }

  private static String label(ValueType<?> type) {
    return switch (type.arity()) {
      case AT_MOST_ONE -> "[true|false]";
      case AT_LEAST_ONE -> "<name>...";
      case ONE -> "<value>";
    };
  }
}
