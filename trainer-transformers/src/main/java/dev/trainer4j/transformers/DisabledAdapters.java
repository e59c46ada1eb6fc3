// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import java.util.List;

/** Adapters that add nothing until this is closed: of {@link PeftModel#disableAdapters}. */
public final class DisabledAdapters implements AutoCloseable {

  private final Adapters adapters;
  private final List<String> before;

  DisabledAdapters(Adapters adapters) {
    this.adapters = adapters;
    before = adapters.active();
    adapters.set().activate(List.of());
  }

  /** Lets the adapters add again that did before. */
  @Override
  public void close() {
    adapters.set().activate(before);
  }
}
