// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import dev.trainer4j.hub.HubException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One file on its way into the cache. It grows under a name of its own, goes on where it stopped, in this run or a later one, and gets
 * its name when size and hash are those that were announced.
 */
final class FileDownload {
  private static final Logger LOGGER = LoggerFactory.getLogger(FileDownload.class);

  private final HubHttp http;
  private final HubErrors errors;
  private final URI source;
  private final RepoFile file;
  private final Path blob;
  private final Path part;
  private final LongConsumer progress;

  private @Nullable FileChannel channel;
  private @Nullable MessageDigest digest;
  private long done;

  /**
   * Describes a download; the caller holds the lock of the blob.
   *
   * @param progress is told how many bytes are there
   */
  FileDownload(
      HubHttp http, HubErrors errors, URI source, RepoFile file, Path blob, LongConsumer progress) {
    this.http = http;
    this.errors = errors;
    this.source = source;
    this.file = file;
    this.blob = blob;
    // Not Python's own name: it would append to a file that this process is writing.
    part = blob.resolveSibling(blob.getFileName() + ".trainer4j.incomplete");
    this.progress = progress;
  }

  void run() throws IOException {
    Files.createDirectories(Objects.requireNonNull(blob.getParent()));
    try (FileChannel opened =
        FileChannel.open(
            part, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      channel = opened;
      goOn(opened);
      requireSpace();
      receive();
      if (!isWhole()) {
        LOGGER.warn("{} arrived damaged; it is fetched once more.", file.path());
        restart();
        receive();
        if (!isWhole()) {
          restart();
          throw new HubException(
              Reason.DAMAGED,
              "'%s' of %s arrived twice with another hash than %s, which the Hub announces. A proxy may"
                      .formatted(HubFileName.shown(file.path()), errors.repo().id(), file.etag())
                  + " change files on their way; if not, tell the owner of the repository");
        }
      }
    }
    Files.move(part, blob, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Hashes what an earlier run left. */
  private void goOn(FileChannel opened) throws IOException {
    long there = opened.size();
    if (there > file.size() || there == 0) {
      restart();
      return;
    }
    begin();
    try (InputStream in = Files.newInputStream(part)) {
      FileHash.update(Objects.requireNonNull(digest), in, there);
    }
    done = there;
    opened.position(there);
    LOGGER.info("Going on with {} at {} of {} bytes.", file.path(), there, file.size());
  }

  private void begin() {
    digest = FileHash.isGitBlob(file.etag()) ? FileHash.gitBlob(file.size()) : FileHash.sha256();
    done = 0;
  }

  private void restart() throws IOException {
    Objects.requireNonNull(channel).truncate(0).position(0);
    begin();
    progress.accept(0);
  }

  private void requireSpace() throws IOException {
    long free = Files.getFileStore(part).getUsableSpace();
    long missing = file.size() - done;
    if (free > 0 && free < missing) {
      throw new IOException(
          "there is not enough space for '%s': %,d bytes are missing, and %s has %,d; make room, or set"
                  .formatted(HubFileName.shown(file.path()), missing, part.getParent(), free)
              + " HF_HUB_CACHE to another disk");
    }
  }

  private boolean isWhole() {
    String etag = file.etag();
    boolean known = FileHash.isSha256(etag) || FileHash.isGitBlob(etag);
    return !known || FileHash.hex(Objects.requireNonNull(digest)).equals(etag);
  }

  private void receive() throws IOException {
    Backoff backoff = new Backoff(http.settings().retryPause());
    progress.accept(done);
    while (done < file.size()) {
      long before = done;
      Call call = Call.get(source, http.settings().timeout()).with("Accept-Encoding", "identity");
      if (done > 0) {
        call = call.with("Range", "bytes=" + done + "-");
      }
      try {
        Answer answer = http.sendOnce(call, this::place);
        if (answer.status() == 416) {
          restart(); // The server has less than we do.
        } else if (Backoff.isPassing(answer.status())) {
          if (!backoff.pauseAfter(call, answer)) {
            throw errors.of(answer);
          }
        } else if (!answer.isSuccess()) {
          throw errors.of(answer);
        } else if (done < file.size()) {
          throw new IOException("the body ended after " + done + " of " + file.size() + " bytes");
        }
      } catch (HubException | InterruptedIOException e) {
        throw e;
      } catch (IOException e) {
        if (done > before) {
          backoff.reset();
        }
        if (!backoff.pauseAfter(call, e)) {
          throw errors.unreachable(call, e);
        }
      }
    }
  }

  private Body.@Nullable Sink place(int status, Map<String, String> headers) throws IOException {
    if (status == 206) {
      String range = headers.getOrDefault("content-range", "");
      if (!range.startsWith("bytes " + done + "-")) {
        throw new IOException("asked for bytes from " + done + " on, and got '" + range + "'");
      }
      return this::append;
    }
    if (status == 200) {
      if (done > 0) {
        restart(); // It does not know ranges.
      }
      return this::append;
    }
    return null;
  }

  private void append(ByteBuffer piece) throws IOException {
    long after = done + piece.remaining();
    if (after > file.size()) {
      throw new HubException(
          Reason.DAMAGED,
          "'%s' has more than the %d bytes that the Hub announces"
              .formatted(HubFileName.shown(file.path()), file.size()));
    }
    Objects.requireNonNull(digest).update(piece.duplicate());
    FileChannel out = Objects.requireNonNull(channel);
    while (piece.hasRemaining()) {
      int unused = out.write(piece);
    }
    done = after;
    progress.accept(done);
  }
}
