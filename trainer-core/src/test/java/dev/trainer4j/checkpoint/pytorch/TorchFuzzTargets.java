// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint.pytorch;

import dev.trainer4j.checkpoint.TensorInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What the fuzzer calls with bytes of its own making: one class per format, each of which lets
 * nothing but the format's own exception pass for a refusal.
 */
final class TorchFuzzTargets {
  private TorchFuzzTargets() {}

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

    /** Opens, and reads the first elements of the tensors of an optimizer. */
    public static void fuzzerTestOneInput(byte[] bytes) throws IOException {
      try (TorchFile torch = TorchFile.open(file(bytes))) {
        if (torch.value() instanceof Map<?, ?> root
            && root.get("state") instanceof Map<?, ?> states) {
          for (Object slots : states.values()) {
            if (slots instanceof Map<?, ?> map) {
              for (Object value : map.values()) {
                if (value instanceof TorchTensor tensor && tensor.byteLength() < 1 << 20) {
                  require(torch.bytes(tensor).remaining() == tensor.byteLength(), "not all");
                }
              }
            }
          }
        }
      } catch (TorchFileException expected) {
        // Refused.
      }
    }
  }

  /** A file of weights. */
  public static final class Weights {
    private Weights() {}

    /** Opens, and reads every tensor. */
    public static void fuzzerTestOneInput(byte[] bytes) throws IOException {
      Path file = file(bytes);
      try (StateDictFile weights = StateDictFile.open(file)) {
        for (String name : weights.names()) {
          TensorInfo info = weights.info(name);
          require(weights.bytes(name).remaining() == info.byteLength(), "not all");
        }
      } catch (TorchFileException e) {
        require(e.getMessage().startsWith(file + ": "), "the file is not named");
      }
    }
  }

  private static Path file(byte[] bytes) throws IOException {
    Path file = Path.of(System.getProperty("java.io.tmpdir"), "fuzzed.pt");
    return Files.write(file, bytes);
  }

  private static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new AssertionError(otherwise);
    }
  }
}
