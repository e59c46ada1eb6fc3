// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.process;

import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/** Asks the providers on the class path. */
final class Providers {

  private Providers() {}

  static ProcessGroup launched() {
    ProcessGroupProvider first = null;
    ProcessGroup found = null;
    try {
      for (ProcessGroupProvider provider : all()) {
        Optional<ProcessGroup> group = provider.join();
        if (group.isPresent() && found != null && first != null) {
          group.get().close();
          throw new IllegalStateException(
              "this process is launched in a group by "
                  + first.getClass().getName()
                  + " and in one by "
                  + provider.getClass().getName()
                  + "; take one of them off the class path");
        }
        if (group.isPresent()) {
          first = provider;
          found = group.get();
        }
      }
    } catch (RuntimeException | Error e) {
      closeAfter(e, found);
      throw e;
    }
    return found == null ? ProcessGroup.single() : found;
  }

  private static void closeAfter(Throwable failure, @Nullable ProcessGroup group) {
    if (group == null) {
      return;
    }
    try {
      group.close();
    } catch (RuntimeException e) {
      failure.addSuppressed(e);
    }
  }

  /** Beside this library, or where the host keeps its plugins. */
  private static List<ProcessGroupProvider> all() {
    List<ProcessGroupProvider> here =
        load(ServiceLoader.load(ProcessGroupProvider.class, Providers.class.getClassLoader()));
    return here.isEmpty() ? load(ServiceLoader.load(ProcessGroupProvider.class)) : here;
  }

  private static List<ProcessGroupProvider> load(ServiceLoader<ProcessGroupProvider> loader) {
    return loader.stream().map(ServiceLoader.Provider::get).toList();
  }
}
