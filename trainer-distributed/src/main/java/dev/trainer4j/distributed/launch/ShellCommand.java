// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileSystemException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command whose mistakes are told in a line: what it could not do, and what to change. */
abstract class ShellCommand implements Callable<Integer> {

  private static final int MISTAKE = 2;
  private static final int FAILED = 1;

  @Spec @Nullable CommandSpec spec;

  /** Does the command's work, and returns its exit code. */
  abstract int run(PrintWriter out) throws IOException, InterruptedException;

  @Override
  public final Integer call() throws InterruptedException {
    CommandSpec own = spec();
    try {
      return run(own.commandLine().getOut());
    } catch (LaunchException e) {
      own.commandLine().getErr().println(name(own) + ": " + e.getMessage());
      return MISTAKE;
    } catch (IOException e) {
      String what = e instanceof FileSystemException ? e.toString() : e.getMessage();
      own.commandLine().getErr().println(name(own) + ": " + what);
      return FAILED;
    } finally {
      own.commandLine().getOut().flush();
    }
  }

  /** As it is called: {@code config default}. */
  private static String name(CommandSpec own) {
    CommandSpec parent = own.parent();
    boolean nested = parent != null && parent.parent() != null;
    return nested ? parent.name() + " " + own.name() : own.name();
  }

  CommandSpec spec() {
    if (spec == null) {
      throw new IllegalStateException("this command is run by picocli alone");
    }
    return spec;
  }
}
