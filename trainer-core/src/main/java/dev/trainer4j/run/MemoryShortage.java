// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.run;

import dev.trainer4j.torch.EngineMessage;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Memory ran out in a forward or backward pass: nothing is lost but the update in progress. */
public final class MemoryShortage extends RuntimeException {

  private static final long serialVersionUID = 1;

  /** Of these there is no less in a smaller batch. */
  private static final List<String> OTHER_SHORTAGES =
      List.of("thread", "metaspace", "compressed class space");

  private final String reason;

  private MemoryShortage(Throwable error) {
    super(error);
    reason = String.valueOf(error.getMessage()).lines().findFirst().orElse("");
  }

  /** Returns the shortage of another rank, with which this one begins the update again. */
  public static MemoryShortage elsewhere() {
    return new MemoryShortage(new IllegalStateException("memory ran short on another rank"));
  }

  /** Returns the shortage that {@code error} tells of; null if it is something else. */
  public static @Nullable MemoryShortage of(Throwable error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (isOne(cause)) {
        return new MemoryShortage(error);
      }
    }
    return null;
  }

  private static boolean isOne(Throwable error) {
    if (error instanceof OutOfMemoryError) {
      String message = String.valueOf(error.getMessage()).toLowerCase(Locale.ROOT);
      return OTHER_SHORTAGES.stream().noneMatch(message::contains);
    }
    return EngineMessage.isOutOfMemory(error);
  }

  /** Returns the first line of what the allocator said. */
  public String reason() {
    return reason;
  }
}
