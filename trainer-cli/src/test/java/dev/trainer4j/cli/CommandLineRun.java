// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * One run of the program in this process, with what it printed.
 *
 * @param exitCode what the shell would see
 * @param out standard output
 * @param err standard error
 */
public record CommandLineRun(int exitCode, String out, String err) {

  /** A model of 40,000 parameters that knows 300 tokens and has a chat template. */
  public static final Path MODEL =
      Path.of("../trainer-transformers/src/test/resources/parity/sft/model");

  /** Rows to train it on. */
  public static final Path ROWS = MODEL.resolveSibling("messages.jsonl");

  /** Runs the program. */
  public static CommandLineRun of(Object... words) {
    return withInput("", words);
  }

  /** Runs the program with something on standard input. */
  public static synchronized CommandLineRun withInput(String input, Object... words) {
    String[] args = new String[words.length];
    for (int i = 0; i < words.length; i++) {
      args[i] = words[i].toString();
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    PrintStream oldOut = System.out;
    PrintStream oldErr = System.err;
    InputStream oldIn = System.in;
    try (PrintStream newOut = new PrintStream(out, true, StandardCharsets.UTF_8);
        PrintStream newErr = new PrintStream(err, true, StandardCharsets.UTF_8)) {
      System.setOut(newOut);
      System.setErr(newErr);
      System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
      int code = Main.run(args);
      return new CommandLineRun(
          code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(oldOut);
      System.setErr(oldErr);
      System.setIn(oldIn);
    }
  }
}
