// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;

/**
 * For {@code check_server.py}: what the library does with the Hub and the cache of the environment, from outside of this JVM.
 *
 * <p>{@code download REPO REVISION}, {@code offline REPO REVISION} print the folder and a line for each file with its SHA-256; {@code
 * upload REPO FOLDER} prints the commit; {@code missing REPO FILE} prints whether the repository has a file.
 */
final class CacheProbe {
  private CacheProbe() {}

  public static void main(String[] args) throws IOException {
    ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).setLevel(Level.OFF);
    HubRepo repo = HubRepo.model(args[1]);
    HubClient client = HubClient.builder().offline(args[0].equals("offline")).build();
    switch (args[0]) {
      case "download", "offline" -> {
        long begin = System.nanoTime();
        Path folder = client.download(SnapshotRequest.of(repo).revision(args[2]).allFiles());
        System.err.printf("seconds %.3f%n", (System.nanoTime() - begin) / 1e9);
        System.out.println(folder);
        if (args.length < 4) {
          print(folder);
        }
      }
      case "upload" -> {
        client.createRepository(repo, null);
        System.out.println(
            client.upload(Path.of(args[2]), UploadRequest.of(repo, "From Java")).oid());
      }
      case "missing" -> System.out.println(client.findFile(repo, "main", args[2]).isEmpty());
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  private static void print(Path folder) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(folder)) {
      files = all.filter(Files::isRegularFile).sorted().toList();
    }
    for (Path file : files) {
      MessageDigest digest = FileHash.sha256();
      digest.update(Files.readAllBytes(file));
      System.out.println(
          FileHash.hex(digest) + " " + folder.relativize(file).toString().replace('\\', '/'));
    }
  }
}
