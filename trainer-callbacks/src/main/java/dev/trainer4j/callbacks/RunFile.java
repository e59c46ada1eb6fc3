// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.checkpoint.ReplacedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file about the run that is replaced as a whole, again and again.
 *
 * <p>If it cannot be written when training begins, somebody is there to mend it: that is an error.
 * Later the run is worth more than the file: that is a warning, once until it can be written again.
 */
final class RunFile {

  private static final Logger LOG = LoggerFactory.getLogger(RunFile.class);

  private final String name;
  private boolean warned;

  RunFile(String name) {
    this.name = name;
  }

  /** Makes what is in the file. */
  interface Content {
    byte[] make() throws IOException;
  }

  private Path in(TrainingArguments args) {
    return RunFolder.of(args).resolve(name);
  }

  /** Writes for the first time, or fails. */
  void begin(TrainingArguments args, Content content) {
    warned = false;
    try {
      write(args, content);
    } catch (IOException e) {
      throw WriteFailure.of(in(args), e);
    }
  }

  /** Fails now rather than later, where there is nothing to write yet. */
  void begin(TrainingArguments args) {
    warned = false;
    try {
      Path folder = Files.createDirectories(RunFolder.of(args));
      Files.delete(Files.createTempFile(folder, "." + name, ".tmp"));
    } catch (IOException e) {
      throw WriteFailure.of(in(args), e);
    }
  }

  private void write(TrainingArguments args, Content content) throws IOException {
    Files.createDirectories(RunFolder.of(args));
    ReplacedFile.write(in(args), content.make());
  }

  /** Writes, or warns. */
  void replace(TrainingArguments args, Content content) {
    try {
      write(args, content);
      warned = false;
    } catch (IOException | LinkageError e) {
      if (!warned) {
        LOG.warn("{} cannot be written, which does not stop the run: {}", in(args), e.toString());
      }
      warned = true;
    }
  }

  /** Refuses what is not the name of a file in a folder. */
  static void requireName(String argument, String name) {
    if (name.isBlank() || !Path.of(name).equals(Path.of(name).getFileName()) || name.equals("..")) {
      throw new IllegalArgumentException(
          argument + " must be the name of a file, without a folder, but is \"" + name + "\"");
    }
  }
}
