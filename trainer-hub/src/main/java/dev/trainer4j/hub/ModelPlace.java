// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import java.nio.file.Path;

/**
 * Where the model of a card is found.
 *
 * @param id what Python's {@code from_pretrained} takes: a name on the Hub, or of a folder
 * @param isOnHub whether it is a name on the Hub
 */
record ModelPlace(String id, boolean isOnHub) {

  static ModelPlace of(HubRepo repo) {
    return new ModelPlace(repo.id(), true);
  }

  /** Names the folder alone: where it stands on this machine is nobody's business. */
  static ModelPlace of(Path folder) {
    Path name = folder.toAbsolutePath().normalize().getFileName();
    return new ModelPlace(name == null ? "model" : name.toString(), false);
  }

  /** The heading of the card. */
  String name() {
    return id.substring(id.indexOf('/') + 1);
  }

  /** The folder of the model, in Java. */
  String java() {
    return (isOnHub ? "Hub.model(\"%s\")" : "Path.of(\"%s\")").formatted(id);
  }
}
