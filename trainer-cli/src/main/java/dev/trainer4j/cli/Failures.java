// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli;

import dev.trainer4j.args.InvalidArgumentsException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.LinkedHashSet;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Tells a person what went wrong: one message on standard error, and a stack trace only when it was asked for. */
final class Failures implements IExecutionExceptionHandler, IParameterExceptionHandler {

  @Override
  public int handleParseException(ParameterException mistake, String[] args) {
    CommandLine command = mistake.getCommandLine();
    PrintWriter err = command.getErr();
    err.println("error: " + mistake.getMessage());
    if (!UnmatchedArgumentException.printSuggestions(mistake, err)) {
      err.println(
          "'" + command.getCommandSpec().qualifiedName() + " --help' explains the command.");
    }
    return ExitCodes.USAGE;
  }

  @Override
  public int handleExecutionException(Exception failure, CommandLine command, ParseResult parsed) {
    CommandLine root = command;
    while (root.getParent() != null) {
      root = root.getParent();
    }
    boolean stacktrace =
        root.getCommand() instanceof TrainerCommand program && program.stacktrace();
    PrintWriter err = command.getErr();
    String message = message(failure);
    err.println(
        "error: "
            + (command.getCommand() instanceof ArgumentsCommand named
                ? new FlagNames(named.tables()).in(message)
                : message));
    if (stacktrace) {
      failure.printStackTrace(err);
    } else if (isFault(failure)) {
      err.println(
          "This is a fault of the program. Please report it with the output of --stacktrace.");
    }
    if (failure instanceof InvalidArgumentsException) {
      err.println(
          "'" + command.getCommandSpec().qualifiedName() + " --help' explains the command.");
      return ExitCodes.USAGE;
    }
    return failure instanceof UsageException ? ExitCodes.USAGE : ExitCodes.FAILED;
  }

  /** The message, and those of the causes that say something else. */
  static String message(Throwable failure) {
    Set<String> parts = new LinkedHashSet<>();
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      String own = own(cause);
      if (!parts.isEmpty() && isWithoutWords(cause)) {
        continue;
      }
      if (parts.stream().noneMatch(part -> part.contains(own))) {
        parts.add(own);
      }
    }
    return String.join("\n  because: ", parts);
  }

  /** A name of a type behind a sentence, or "Input length = 1", explains nothing. */
  private static boolean isWithoutWords(Throwable cause) {
    return cause instanceof CharacterCodingException
        || (cause.getMessage() == null && !isFault(cause) && !(cause instanceof Error));
  }

  private static String own(Throwable failure) {
    String message = failure.getMessage();
    if (failure instanceof NoSuchFileException) {
      return "there is no file " + message;
    }
    if (failure instanceof FileAlreadyExistsException) {
      return message + " is there already";
    }
    if (failure instanceof UncheckedIOException && failure.getCause() != null) {
      return own(failure.getCause());
    }
    boolean needsName = message == null || failure instanceof Error || isFault(failure);
    return needsName
        ? failure.getClass().getSimpleName() + (message == null ? "" : ": " + message)
        : String.valueOf(message);
  }

  /** What no input should lead to. Errors that libraries foresee are arguments, states and files. */
  private static boolean isFault(Throwable failure) {
    boolean foreseen =
        failure instanceof IllegalArgumentException
            || failure instanceof IllegalStateException
            || failure instanceof IOException
            || failure instanceof UncheckedIOException
            || failure.getClass().getName().startsWith("dev.trainer4j.");
    return failure instanceof Exception && !foreseen;
  }
}
