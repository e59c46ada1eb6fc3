// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import org.jspecify.annotations.Nullable;

/**
 * A file of a revision.
 *
 * @param path in the repository, parts joined by {@code /}
 * @param size in bytes
 * @param blobId SHA-1 of the git object: of the file itself, or of its pointer if it is large
 * @param sha256 of a large file; null for one that git keeps itself
 * @param xetHash of a large file that the Hub keeps in chunks, kept for Python's sake
 */
public record RepoFile(
    String path, long size, String blobId, @Nullable String sha256, @Nullable String xetHash) {

  /** What it is called in the cache. */
  String etag() {
    return sha256 == null ? blobId : sha256;
  }
}
