// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The event files of one run in their folder, of which the newest is written.
 *
 * <p>TensorBoard reads them in the order of their names, which begin with a time in seconds.
 */
final class EventFiles {

  private static final String PREFIX = "events.out.tfevents.";

  private final Path file;
  private final boolean first;

  private EventFiles(Path file, boolean first) {
    this.file = file;
    this.first = first;
  }

  /** Begins a new file behind those that are there. */
  static EventFiles begin(Path folder) {
    try {
      Files.createDirectories(folder);
      long newest = newest(folder);
      // Also where the clock went back, or two runs begin within a second.
      long time = Math.max(System.currentTimeMillis() / 1000, newest + 1);
      String name =
          "%s%010d.%s.%d".formatted(PREFIX, time, hostName(), ProcessHandle.current().pid());
      EventFiles files = new EventFiles(folder.resolve(name), newest < 0);
      files.write(new EventRecords().version());
      return files;
    } catch (IOException e) {
      throw WriteFailure.of(folder, e);
    }
  }

  private static long newest(Path folder) throws IOException {
    try (Stream<Path> children = Files.list(folder)) {
      List<String> names = children.map(child -> child.getFileName().toString()).toList();
      return names.stream()
          .filter(name -> name.matches("events\\.out\\.tfevents\\.[0-9]{1,15}\\..*"))
          .mapToLong(name -> Long.parseLong(name.substring(PREFIX.length()).split("\\.", 2)[0]))
          .max()
          .orElse(-1);
    }
  }

  /** Returns the name of this machine as it may stand in the name of a file. */
  static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName().replaceAll("[^A-Za-z0-9_-]", "_");
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }

  /** Whether there was no event file in the folder before. */
  boolean isFirst() {
    return first;
  }

  /** Hands the events to the operating system. */
  void write(EventRecords events) {
    try {
      LogFile.append(file, events.toByteArray());
    } catch (IOException e) {
      throw WriteFailure.of(file, e);
    }
  }
}
