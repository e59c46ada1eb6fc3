// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.fuzz;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/** Damages the archives that PyTorch writes: the zip, or what is in it under check sums that are right. */
final class ArchiveDamage {

  private ArchiveDamage() {}

  static byte[] damage(Map<String, byte[]> good, Random random) throws IOException {
    if (random.nextInt(4) == 0) {
      return JsonDamage.damage(archive(good), random);
    }
    Map<String, byte[]> entries = new LinkedHashMap<>(good);
    List<String> names = new ArrayList<>(entries.keySet());
    // Weights are the least of it: what is read as a program or a pickle comes more often.
    List<String> telling =
        names.stream().filter(name -> name.endsWith(".py") || name.endsWith("pkl")).toList();
    for (int i = random.nextInt(3); i >= 0; i--) {
      List<String> from = telling.isEmpty() || random.nextInt(5) == 0 ? names : telling;
      String name = from.get(random.nextInt(from.size()));
      byte[] content = entries.getOrDefault(name, new byte[0]);
      switch (random.nextInt(12)) {
        case 0 -> entries.remove(name);
        case 1 -> entries.put(names.get(random.nextInt(names.size())), content);
        case 2 -> entries.put(name, repeated(content, random));
        default -> entries.put(name, JsonDamage.damage(content, random));
      }
    }
    return archive(entries);
  }

  /** Repeats a byte or a short piece often, as it takes to nest. */
  private static byte[] repeated(byte[] content, Random random) {
    if (content.length == 0) {
      return content;
    }
    int at = random.nextInt(content.length);
    int length = Math.min(1 + random.nextInt(4), content.length - at);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(content, 0, at);
    for (int i = 1 << random.nextInt(18); i > 0; i--) {
      bytes.write(content, at, length);
    }
    bytes.write(content, at, content.length - at);
    return bytes.toByteArray();
  }

  /** Returns what is in an archive. */
  static Map<String, byte[]> entries(Path archive) throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    try (ZipFile zip = new ZipFile(archive.toFile())) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        try (InputStream in = zip.getInputStream(entry)) {
          entries.put(entry.getName(), in.readAllBytes());
        }
      }
    }
    return entries;
  }

  /** Returns an archive of entries that are stored, not compressed. */
  static byte[] archive(Map<String, byte[]> entries) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        ZipEntry stored = new ZipEntry(entry.getKey());
        stored.setMethod(ZipEntry.STORED);
        stored.setSize(entry.getValue().length);
        CRC32 crc = new CRC32();
        crc.update(entry.getValue());
        stored.setCrc(crc.getValue());
        zip.putNextEntry(stored);
        zip.write(entry.getValue());
      }
    }
    return bytes.toByteArray();
  }
}
