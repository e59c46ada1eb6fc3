// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.engine.EngineException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What libtorch says where it fails, without the frames around it. */
public final class EngineMessage {

  /** The allocators of libtorch, on a GPU and on a CPU, and cuBLAS and cuDNN. */
  private static final List<String> SHORTAGES =
      List.of(
          "out of memory",
          "can't allocate memory",
          "not enough memory",
          "bad_alloc",
          "status_alloc_failed");

  /** The interpreter of TorchScript tells its frames first, and the reason at the end. */
  private static final Pattern BEHIND_FRAMES =
      Pattern.compile("(?m)^[A-Za-z.]*(?:Error|Exception): (.*)$");

  private EngineMessage() {}

  /** Returns the reason alone, in one line without a dot at its end. */
  public static String reason(Throwable failure) {
    String message = String.valueOf(failure.getMessage());
    String reason = message.lines().filter(line -> !line.isBlank()).findFirst().orElse(message);
    if (reason.contains("TorchScript interpreter")) {
      for (Matcher found = BEHIND_FRAMES.matcher(message); found.find(); ) {
        reason = found.group(1);
      }
    }
    return reason.strip().replaceAll("[.!]$", "");
  }

  /** Returns whether an allocator of libtorch had no memory. */
  public static boolean isOutOfMemory(Throwable failure) {
    String message = lowerCase(failure.getMessage());
    return failure instanceof EngineException && SHORTAGES.stream().anyMatch(message::contains);
  }

  /** Returns whether a kernel on a GPU met a value that it cannot take, behind which the GPU refuses everything. */
  public static boolean isDeviceAssert(Throwable failure) {
    return lowerCase(failure.getMessage()).contains("device-side assert");
  }

  private static String lowerCase(@Nullable String message) {
    return String.valueOf(message).toLowerCase(Locale.ROOT);
  }
}
