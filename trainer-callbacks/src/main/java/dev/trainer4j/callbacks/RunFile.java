// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.args.TrainingArguments;
import java.io.IOException;
import java.io.UncheckedIOException;
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
      ReplacedFile.write(RunFolder.of(args), name, content.make());
    } catch (IOException e) {
      throw failure(args, e);
    }
  }

  /** Fails now rather than later, where there is nothing to write yet. */
  void begin(TrainingArguments args) {
    warned = false;
    try {
      Path folder = Files.createDirectories(RunFolder.of(args));
      Files.delete(Files.createTempFile(folder, "." + name, ".tmp"));
    } catch (IOException e) {
      throw failure(args, e);
    }
  }

  private UncheckedIOException failure(TrainingArguments args, IOException e) {
    return new UncheckedIOException(
        in(args) + " cannot be written: " + e + "; make room or name another folder in loggingDir",
        e);
  }

  /** Writes, or warns. */
  void replace(TrainingArguments args, Content content) {
    try {
      ReplacedFile.write(RunFolder.of(args), name, content.make());
      warned = false;
    } catch (IOException | LinkageError e) {
      if (!warned) {
        LOG.warn("{} cannot be written, which does not stop the run: {}", in(args), e.toString());
      }
      warned = true;
    }
  }
}
