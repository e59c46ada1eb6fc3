// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** One repository of the test server: commits, and names for some of them. */
final class ServerRepo {

  /** A file: its bytes are here, or in the large store under their hash. */
  record Entry(long size, String blobId, String sha256, byte[] bytes) {}

  /** A commit. */
  record Commit(
      String id, String parent, String title, String description, Map<String, Entry> files) {}

  final String id;
  final Map<String, Commit> commits = new LinkedHashMap<>();
  final Map<String, String> branches = new LinkedHashMap<>();
  boolean isPrivate;
  boolean isGated;

  ServerRepo(String id) {
    this.id = id;
    commit("main", "initial commit", "", new TreeMap<>());
  }

  synchronized Commit find(String revision) {
    String commit = branches.getOrDefault(revision, revision);
    return commits.get(commit);
  }

  synchronized Commit commit(
      String branch, String title, String description, Map<String, Entry> files) {
    String parent = branches.getOrDefault(branch, "");
    MessageDigest digest = FileHash.gitBlob(commits.size());
    digest.update((id + parent + title + files.keySet()).getBytes(StandardCharsets.UTF_8));
    Commit commit =
        new Commit(FileHash.hex(digest), parent, title, description, new TreeMap<>(files));
    commits.put(commit.id(), commit);
    branches.put(branch, commit.id());
    return commit;
  }

  static Entry regular(byte[] bytes) {
    MessageDigest digest = FileHash.gitBlob(bytes.length);
    digest.update(bytes);
    return new Entry(bytes.length, FileHash.hex(digest), null, bytes);
  }

  /** Git keeps a pointer of a large file. */
  static Entry large(String sha256, long size) {
    String pointer =
        "version https://git-lfs.github.com/spec/v1\noid sha256:"
            + sha256
            + "\nsize "
            + size
            + "\n";
    byte[] bytes = pointer.getBytes(StandardCharsets.UTF_8);
    MessageDigest digest = FileHash.gitBlob(bytes.length);
    digest.update(bytes);
    return new Entry(size, FileHash.hex(digest), sha256, null);
  }
}
