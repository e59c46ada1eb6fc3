// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import java.util.List;

/**
 * Which files of which revision are wanted.
 *
 * @param repo the repository
 * @param revision a branch, a tag or a commit
 * @param allow patterns of which a file must match one, as Python's {@code allow_patterns}; empty for no such
 *     condition
 * @param ignore patterns of which a file must match none
 * @param everything whether files that no model is loaded from come too; of a data set all do
 */
public record SnapshotRequest(
    HubRepo repo, String revision, List<String> allow, List<String> ignore, boolean everything) {

  /** Copies the lists. */
  public SnapshotRequest {
    allow = List.copyOf(allow);
    ignore = List.copyOf(ignore);
    if (revision.isBlank()) {
      throw new IllegalArgumentException(
          "revision is empty; give a branch, a tag or a commit, such as main");
    }
  }

  /** Asks for what the newest revision of {@code main} needs to be loaded. */
  public static SnapshotRequest of(HubRepo repo) {
    return new SnapshotRequest(
        repo, "main", List.of(), List.of(), repo.type() == HubRepo.Type.DATASET);
  }

  /** Asks for another revision. */
  public SnapshotRequest revision(String name) {
    return new SnapshotRequest(repo, name, allow, ignore, everything);
  }

  /**
   * Asks for files that match one of some patterns, whatever they are for.
   *
   * @param patterns such as {@code data/*.parquet}; {@code *} matches slashes too
   */
  public SnapshotRequest allow(String... patterns) {
    return new SnapshotRequest(repo, revision, List.of(patterns), ignore, true);
  }

  /** Leaves files out that match one of some patterns. */
  public SnapshotRequest ignore(String... patterns) {
    return new SnapshotRequest(repo, revision, allow, List.of(patterns), everything);
  }

  /** Asks for all files, also those that no model is loaded from. */
  public SnapshotRequest allFiles() {
    return new SnapshotRequest(repo, revision, allow, ignore, true);
  }

  List<RepoFile> select(List<RepoFile> files) {
    Wildcards allowed = new Wildcards(allow);
    Wildcards ignored = new Wildcards(ignore);
    return (everything ? files : ModelFiles.of(files))
        .stream()
            .filter(file -> allow.isEmpty() || allowed.matchAny(file.path()))
            .filter(file -> !ignored.matchAny(file.path()))
            .toList();
  }
}
