// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * The folder of one repository in the cache that Python's {@code huggingface_hub} uses: {@code blobs} by etag, {@code snapshots} by
 * commit, made of links to them, {@code refs} from names to commits, {@code .no_exist}, {@code trees}; and {@code .locks} beside it.
 */
final class HubCache {
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
  private static final Pattern ETAG = Pattern.compile("[0-9A-Za-z][0-9A-Za-z._-]{0,127}");
  private static final String TAG = "Signature: 8a477f597d28d172789f06886806bc55\n";

  private final Path cache;
  private final Path folder;
  private final String name;
  private final boolean symbolicLinks;

  HubCache(HubSettings settings, HubRepo repo) {
    cache = settings.cacheDir().toAbsolutePath().normalize();
    name = repo.cacheFolder();
    folder = cache.resolve(name);
    symbolicLinks = settings.symbolicLinks();
  }

  static boolean isCommit(String revision) {
    return COMMIT.matcher(revision).matches();
  }

  Path folder() {
    return folder;
  }

  /** Makes the folder, marked so that backups leave it out. */
  void create() throws IOException {
    Files.createDirectories(folder);
    Path tag = cache.resolve("CACHEDIR.TAG");
    if (!Files.exists(tag)) {
      try {
        Files.writeString(tag, TAG, StandardOpenOption.CREATE_NEW);
      } catch (FileAlreadyExistsException e) {
        return; // Another process was faster.
      }
    }
  }

  Path snapshot(String commit) {
    return folder.resolve("snapshots").resolve(commit);
  }

  /** Where a file of a commit is, or would be. */
  Path pointer(String commit, String file) throws HubException {
    return HubFileName.below(snapshot(commit), file);
  }

  Path blob(String etag) throws HubException {
    if (!ETAG.matcher(etag).matches()) {
      throw new HubException(
          HubException.Reason.HOSTILE,
          "the Hub gives '" + HubFileName.shown(etag) + "' as the etag of a file, which is none");
    }
    return folder.resolve("blobs").resolve(etag);
  }

  CacheLock lock(String etag) throws IOException {
    Path blob = blob(etag);
    return CacheLock.take(
        cache.resolve(".locks").resolve(name).resolve(blob.getFileName() + ".lock"));
  }

  /** The commit that a name stood for when it was last asked for. */
  Optional<String> commitOf(String revision) throws IOException {
    if (isCommit(revision)) {
      return Optional.of(revision);
    }
    Path ref = ref(revision);
    if (!Files.isRegularFile(ref)) {
      return Optional.empty();
    }
    String commit = Files.readString(ref).strip();
    return isCommit(commit) ? Optional.of(commit) : Optional.empty();
  }

  void writeRef(String revision, String commit) throws IOException {
    if (revision.equals(commit) || commitOf(revision).filter(commit::equals).isPresent()) {
      return; // Somebody may read the cache who may not write it.
    }
    replace(ref(revision), commit.getBytes(StandardCharsets.UTF_8));
  }

  private Path ref(String revision) throws HubException {
    return HubFileName.below(folder.resolve("refs"), revision);
  }

  /** Remembers, as Python does, that a commit has no such file. */
  void writeMissing(String commit, String file) throws IOException {
    Path mark = HubFileName.below(folder.resolve(".no_exist").resolve(commit), file);
    Files.createDirectories(parent(mark));
    if (!Files.exists(mark)) {
      Files.write(mark, new byte[0]);
    }
  }

  boolean isMissing(String commit, String file) throws HubException {
    return Files.exists(HubFileName.below(folder.resolve(".no_exist").resolve(commit), file));
  }

  Path tree(String commit) {
    return folder.resolve("trees").resolve(commit + ".json");
  }

  /** Writes a small file so that nobody sees half of it. */
  static void replace(Path file, byte[] bytes) throws IOException {
    Files.createDirectories(parent(file));
    Path draft =
        file.resolveSibling(
            file.getFileName() + "." + UUID.randomUUID().toString().substring(0, 8) + ".tmp");
    try {
      Files.write(draft, bytes, StandardOpenOption.CREATE_NEW);
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(draft);
    }
  }

  /**
   * Puts a blob into a snapshot: as a relative link, so that the cache can be moved; where there are no links, as the file itself, of
   * which there then is no blob if nobody else could have it.
   */
  void link(Path blob, Path pointer, boolean isNew) throws IOException {
    Files.createDirectories(parent(pointer));
    if (Files.exists(pointer)) {
      return;
    }
    Files.deleteIfExists(pointer); // A link to a blob that is gone.
    if (symbolicLinks && isLinked(blob, pointer)) {
      return;
    }
    Path draft = pointer.resolveSibling(pointer.getFileName() + "." + UUID.randomUUID() + ".tmp");
    try {
      if (isNew) {
        Files.move(blob, draft);
      } else {
        Files.copy(blob, draft);
      }
      Files.move(draft, pointer, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(draft);
    }
  }

  private static boolean isLinked(Path blob, Path pointer) throws IOException {
    try {
      Files.createSymbolicLink(pointer, parent(pointer).relativize(blob));
      return true;
    } catch (FileAlreadyExistsException e) {
      if (Files.exists(pointer)) {
        return true; // Another process was faster; what stands there is of the same commit.
      }
      throw e;
    } catch (UnsupportedOperationException | IOException e) {
      // Windows without the privilege, and file systems without links.
      if (Files.exists(pointer, LinkOption.NOFOLLOW_LINKS)) {
        Files.delete(pointer);
      }
      return false;
    }
  }

  private static Path parent(Path file) {
    Path parent = file.getParent();
    if (parent == null) {
      throw new IllegalStateException(file + " has no parent");
    }
    return parent;
  }
}
