// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import dev.trainer4j.hub.HubException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings files of one repository into the cache. */
final class HubDownload {
  private static final Logger LOGGER = LoggerFactory.getLogger(HubDownload.class);

  /** With these the cache may still have what is asked for. */
  private static final Set<Reason> CACHE_HELPS =
      Set.of(
          Reason.UNREACHABLE,
          Reason.OFFLINE,
          Reason.RATE_LIMITED,
          Reason.NOT_ALLOWED,
          Reason.GATED,
          Reason.REPOSITORY_NOT_FOUND);

  private final HubApi api;
  private final HubSettings settings;
  private final HubCache cache;

  HubDownload(HubApi api) {
    this.api = api;
    settings = api.http().settings();
    cache = new HubCache(settings, api.repo());
  }

  /** Returns the folder of a revision, with the files that the request selects. */
  Path snapshot(SnapshotRequest request) throws IOException {
    String commit;
    List<RepoFile> files;
    try {
      commit = online(request.revision());
      files = files(commit);
    } catch (HubException e) {
      return fromCache(request, e);
    }
    List<RepoFile> wanted = request.select(files);
    if (wanted.isEmpty()) {
      throw nothingSelected(request, files);
    }
    cache.create();
    cache.writeRef(request.revision(), commit);
    fetch(commit, wanted);
    return cache.snapshot(commit);
  }

  private String online(String revision) throws IOException {
    return HubCache.isCommit(revision) ? revision : api.commitOf(revision);
  }

  private List<RepoFile> files(String commit) throws IOException {
    Optional<List<RepoFile>> known = TreeCache.read(cache.tree(commit));
    if (known.isPresent()) {
      return known.get();
    }
    List<RepoFile> files = api.files(commit);
    cache.create();
    TreeCache.write(cache.tree(commit), files);
    return files;
  }

  private void fetch(String commit, List<RepoFile> wanted) throws IOException {
    List<RepoFile> missing = new ArrayList<>();
    for (RepoFile file : wanted) {
      if (!Files.exists(cache.pointer(commit, file.path()))) {
        missing.add(file);
      }
    }
    if (missing.isEmpty()) {
      return;
    }
    long total = missing.stream().mapToLong(RepoFile::size).sum();
    String name = api.repo().toString();
    LOGGER.info(
        "Downloading {} of the {} files asked for, {}, of {} to {}",
        missing.size(),
        wanted.size(),
        LoggingProgress.size(total),
        name,
        cache.folder());
    LoggingProgress log = new LoggingProgress("Downloading " + name, total);
    List<Transfers.Transfer> transfers = new ArrayList<>();
    for (RepoFile file : missing) {
      transfers.add(() -> fetch(commit, file, log));
    }
    Transfers.run(transfers, settings.parallel());
    LOGGER.info("Downloaded {} of {}", LoggingProgress.size(total), name);
  }

  private void fetch(String commit, RepoFile file, LoggingProgress log) throws IOException {
    Path blob = cache.blob(file.etag());
    Path pointer = cache.pointer(commit, file.path());
    try (CacheLock unused = cache.lock(file.etag())) {
      boolean isNew = !Files.exists(blob);
      if (isNew && !Files.exists(pointer)) {
        new FileDownload(
                api.http(),
                api.errors().ofRevision(commit).ofFile(file.path()),
                api.resolveUri(commit, file.path()),
                file,
                blob,
                done -> {
                  log.note(file.path(), done);
                  settings
                      .listener()
                      .onProgress(api.repo().toString(), file.path(), done, file.size());
                })
            .run();
      }
      cache.link(blob, pointer, isNew);
    }
  }

  private HubException nothingSelected(SnapshotRequest request, List<RepoFile> files) {
    List<String> some = files.stream().map(RepoFile::path).limit(10).toList();
    return new HubException(
        Reason.FILE_NOT_FOUND,
        "of the %d files of the %s '%s' in revision '%s' none is asked for: %s. Change allow and ignore, or ask for"
                .formatted(
                    files.size(),
                    request.repo().kind(),
                    request.repo().id(),
                    request.revision(),
                    HubFileName.shown(some.toString()))
            + " allFiles()");
  }

  /** What an earlier download left, if that is all that is asked for. */
  private Path fromCache(SnapshotRequest request, HubException failure) throws IOException {
    Optional<String> commit =
        CACHE_HELPS.contains(failure.reason())
            ? cache.commitOf(request.revision())
            : Optional.empty();
    if (commit.isEmpty() || !Files.isDirectory(cache.snapshot(commit.get()))) {
      throw failure.reason() == Reason.OFFLINE ? notCached(request, "is not in") : failure;
    }
    List<RepoFile> files = TreeCache.read(cache.tree(commit.get())).orElse(List.of());
    for (RepoFile file : request.select(files)) {
      if (!Files.exists(cache.pointer(commit.get(), file.path()))) {
        throw failure.reason() == Reason.OFFLINE
            ? notCached(request, "is without '" + HubFileName.shown(file.path()) + "' in")
            : failure;
      }
    }
    if (failure.reason() != Reason.OFFLINE) {
      LOGGER.warn("Using what the cache has of {}, since {}", request.repo(), failure.getMessage());
    }
    return cache.snapshot(commit.get());
  }

  private HubException notCached(SnapshotRequest request, String lack) {
    return new HubException(
        Reason.OFFLINE,
        "HF_HUB_OFFLINE is set, and the %s '%s' in revision '%s' %s the cache %s; unset it once to download"
            .formatted(
                request.repo().kind(),
                request.repo().id(),
                request.revision(),
                lack,
                settings.cacheDir()));
  }

  /** Returns a single file, or empty if the revision has none of this name. */
  Optional<Path> file(String revision, String name) throws IOException {
    HubFileName.check(name);
    if (HubCache.isCommit(revision) && Files.exists(cache.pointer(revision, name))) {
      return Optional.of(cache.pointer(revision, name));
    }
    HubApi.FileHead head;
    try {
      head = api.head(revision, name);
    } catch (HubException e) {
      return fileFromCache(revision, name, e);
    }
    cache.create();
    cache.writeRef(revision, head.commit());
    if (head.status() == 404) {
      cache.writeMissing(head.commit(), name);
      return Optional.empty();
    }
    Path pointer = cache.pointer(head.commit(), name);
    if (!Files.exists(pointer)) {
      String etag = head.etag();
      RepoFile file =
          new RepoFile(name, head.size(), etag, FileHash.isGitBlob(etag) ? null : etag, null);
      fetch(head.commit(), file, new LoggingProgress("Downloading " + name, head.size()));
    }
    return Optional.of(pointer);
  }

  private Optional<Path> fileFromCache(String revision, String name, HubException failure)
      throws IOException {
    Optional<String> commit =
        CACHE_HELPS.contains(failure.reason()) ? cache.commitOf(revision) : Optional.empty();
    if (commit.isPresent() && Files.exists(cache.pointer(commit.get(), name))) {
      return Optional.of(cache.pointer(commit.get(), name));
    }
    if (commit.isPresent() && cache.isMissing(commit.get(), name)) {
      return Optional.empty();
    }
    throw failure;
  }
}
