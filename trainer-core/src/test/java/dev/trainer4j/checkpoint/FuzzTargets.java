// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

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
        for (String name : ShardIndex.parse(FILE, bytes).weightMap().values()) {
          require(folder.equals(folder.resolve(name).normalize().getParent()), "leads outside");
        }
      } catch (SafetensorsException expected) {
        // Refused.
      }
    }
  }

  /** The pickle in a file of torch.save. */
  public static final class Pickle {
    private Pickle() {}

    /** Unpickles, and looks at every value. */
    public static void fuzzerTestOneInput(byte[] bytes) {
      try {
        requirePlain(Unpickler.read(bytes), 0);
      } catch (TorchFileException expected) {
        // Refused.
      }
    }

    private static void requirePlain(@org.jspecify.annotations.Nullable Object value, int depth) {
      require(depth <= 32, "too deep");
      if (value instanceof List<?> list) {
        // The first few: one value may be in a pickle many times.
        list.stream().limit(3).forEach(item -> requirePlain(item, depth + 1));
      } else if (value instanceof Map<?, ?> map) {
        map.values().stream().limit(3).forEach(item -> requirePlain(item, depth + 1));
      } else {
        require(
            value == null
                || value instanceof Boolean
                || value instanceof Long
                || value instanceof Double
                || value instanceof String
                || value instanceof TorchTensor
                || value instanceof TorchStorage
                || value instanceof PickleGlobal,
            "a value that is not plain");
      }
    }
  }

  /** A whole file of torch.save. */
  public static final class Archive {
    private Archive() {}

    /** Opens, and checks the tensors that are there. */
    public static void fuzzerTestOneInput(byte[] bytes) throws IOException {
      Path file = Path.of(System.getProperty("java.io.tmpdir"), "fuzzed.pt");
      Files.write(file, bytes);
      try (TorchFile torch = TorchFile.open(file)) {
        if (torch.value() instanceof Map<?, ?> root
            && root.get("state") instanceof Map<?, ?> states) {
          for (Object slots : states.values()) {
            verify(torch, slots);
          }
        }
      } catch (TorchFileException expected) {
        // Refused.
      }
    }

    private static void verify(TorchFile torch, Object slots) throws IOException {
      if (slots instanceof Map<?, ?> map) {
        for (Object value : map.values()) {
          if (value instanceof TorchTensor tensor) {
            torch.verify(tensor);
            StridedElements elements = new StridedElements(tensor, torch.storage(tensor));
            long count =
                tensor.shape().stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b);
            int width =
                tensor.storage().type() == SafetensorsType.BF16
                    ? 4
                    : tensor.storage().type().bits() / 8;
            elements.copyTo(ByteBuffer.allocate((int) Math.min(count, 100) * width));
          }
        }
      }
    }
  }

  private static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new AssertionError(otherwise);
    }
  }
}
