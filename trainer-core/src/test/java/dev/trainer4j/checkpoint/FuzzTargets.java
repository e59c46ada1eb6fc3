// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * What the fuzzer calls with bytes of its own making: one class per format, each of which lets
 * nothing but the format's own exception pass for a refusal.
 */
final class FuzzTargets {
  private static final Path FILE = Path.of("fuzzed");

  private FuzzTargets() {}

  /** A safetensors header, for as much data as it claims at its best: the length of a seed's. */
  public static final class Header {
    private Header() {}

    /** Parses and adds up. */
    public static void fuzzerTestOneInput(byte[] bytes) {
      long data = 299; // What the tensors of the seed take.
      try {
        SafetensorsHeader header = SafetensorsHeader.parse(FILE, bytes, 8L + bytes.length + data);
        long total = header.tensors().values().stream().mapToLong(TensorInfo::byteLength).sum();
        require(total == data, "tensors do not fill the file");
      } catch (SafetensorsException expected) {
        // Refused.
      }
    }
  }

  /** A manifest. */
  public static final class ManifestJson {
    private ManifestJson() {}

    /** Parses, and looks where the names lead. */
    public static void fuzzerTestOneInput(byte[] bytes) {
      Path folder = Path.of("/folder");
      try {
        for (Manifest.Entry entry : Manifest.parse(bytes).files()) {
          Path file = folder.resolve(entry.name()).normalize();
          require(file.startsWith(folder) && !file.equals(folder), "a name leads outside");
        }
      } catch (CheckpointException expected) {
        // Refused.
      }
    }
  }

  /** The index of a model in shards. */
  public static final class Index {
    private Index() {}

    /** Parses, and looks where the names lead. */
    public static void fuzzerTestOneInput(byte[] bytes) {
      Path folder = Path.of("/folder");
      try {
        for (String name : ShardIndex.parse(FILE, bytes, ".safetensors").weightMap().values()) {
          require(folder.equals(folder.resolve(name).normalize().getParent()), "leads outside");
        }
      } catch (SafetensorsException expected) {
        // Refused.
      }
    }
  }

  /** What a file of pieces says of itself. */
  public static final class Pieces {
    private Pieces() {}

    /** Parses, and holds every range against its shape. */
    public static void fuzzerTestOneInput(byte[] bytes) {
      try {
        String json = new String(bytes, StandardCharsets.UTF_8);
        for (PieceLayout.Range range : PieceLayout.parse(FILE, json).ranges().values()) {
          require(range.start() >= 0 && range.length() >= 0, "no range");
          require(range.end() <= range.shape().size(), "a range outside of its tensor");
        }
      } catch (SafetensorsException expected) {
        // Refused.
      }
    }
  }

  private static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new AssertionError(otherwise);
    }
  }
}
