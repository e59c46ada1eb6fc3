// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import dev.trainer4j.distributed.launch.RankOutput.Channel;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A file for each rank and stream: {@code attempt_0/1/stderr.log}, as PyTorch's launcher names them. */
final class LogFiles implements AutoCloseable {

  private static final int STDOUT = 1;
  private static final int STDERR = 2;
  private static final int BOTH = 3;

  private final Optional<Path> folder;
  private final String tee;
  private final Map<Path, Writer> open = new HashMap<>();
  private int attempt;

  private LogFiles(Optional<Path> folder, String tee) {
    this.folder = folder;
    this.tee = tee;
  }

  static LogFiles none() {
    return new LogFiles(Optional.empty(), "0");
  }

  /**
   * Takes {@code --log_dir} and {@code --tee}.
   *
   * @throws LaunchException if they make no sense
   */
  static LogFiles of(LaunchSettings settings) {
    Optional<Path> folder = settings.text("log_dir").map(Path::of);
    String tee = settings.text("tee").orElse(String.valueOf(folder.isPresent() ? BOTH : 0));
    if (!tee.matches("[0-3]|\\d+:[0-3](,\\d+:[0-3])*")) {
      throw new LaunchException(
          "--tee is "
              + tee
              + "; expected 0 (none), 1 (stdout), 2 (stderr), 3 (both), or such by rank: 0:3,1:2");
    }
    if (!tee.equals("0") && folder.isEmpty()) {
      throw new LaunchException(
          "--tee is " + tee + ", but there is no folder to write to; give --log_dir");
    }
    folder.ifPresent(LogFiles::create);
    return new LogFiles(folder, tee);
  }

  private static void create(Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new LaunchException(
          "--log_dir is " + folder + ", where no folder can be made (" + e + "); name another", e);
    }
  }

  void begin(int number) {
    close();
    attempt = number;
  }

  void write(int rank, Channel channel, String line) throws IOException {
    int wanted = channel == Channel.STDOUT ? STDOUT : STDERR;
    if (folder.isEmpty() || (streams(rank) & wanted) == 0) {
      return;
    }
    Path home = folder.get().resolve("attempt_" + attempt).resolve(String.valueOf(rank));
    Path file = home.resolve(channel.name().toLowerCase(Locale.ROOT) + ".log");
    Writer writer = open.get(file);
    if (writer == null) {
      Files.createDirectories(home);
      writer = Files.newBufferedWriter(file);
      open.put(file, writer);
    }
    writer.write(line + "\n");
    writer.flush();
  }

  private int streams(int rank) {
    if (!tee.contains(":")) {
      return Integer.parseInt(tee);
    }
    for (String pair : tee.split(",")) {
      String[] parts = pair.split(":");
      if (Integer.parseInt(parts[0]) == rank) {
        return Integer.parseInt(parts[1]);
      }
    }
    return 0;
  }

  @Override
  public void close() {
    try {
      for (Writer writer : open.values()) {
        writer.close();
      }
      open.clear();
    } catch (IOException e) {
      throw new LaunchException("--log_dir: " + e, e);
    }
  }
}
