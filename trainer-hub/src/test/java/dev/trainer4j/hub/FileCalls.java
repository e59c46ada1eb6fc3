// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import dev.trainer4j.hub.Faults.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;

/** Gives files, whole or from a byte on, and breaks off where a fault says so. */
final class FileCalls {
  private final ServerExchange call;

  FileCalls(ServerExchange call) {
    this.call = call;
  }

  void resolve(String method, String[] parts) throws IOException {
    boolean dataset = parts[0].equals("datasets");
    int at = dataset ? 1 : 0;
    String key = (dataset ? "datasets/" : "models/") + parts[at] + "/" + parts[at + 1];
    ServerRepo repo = call.readable(key, call.account());
    if (repo.isGated) {
      call.refuse(403, "GatedRepo", "Access to model " + repo.id + " is restricted");
    }
    ServerRepo.Commit commit = call.commitOf(repo, ServerExchange.decode(parts[at + 3]));
    call.http.getResponseHeaders().set("X-Repo-Commit", commit.id());
    String file =
        ServerExchange.decode(String.join("/", Arrays.asList(parts).subList(at + 4, parts.length)));
    ServerRepo.Entry entry = commit.files().get(file);
    if (entry == null) {
      call.refuse(404, "EntryNotFound", "Entry not found");
    }
    if (entry.sha256() != null) {
      call.http.getResponseHeaders().set("X-Linked-Etag", "\"" + entry.sha256() + "\"");
      call.http.getResponseHeaders().set("X-Linked-Size", String.valueOf(entry.size()));
      call.http
          .getResponseHeaders()
          .set(
              "Location",
              call.server.cdn() + "/lfs/object/" + entry.sha256() + "?signature=s1gned");
      call.http.sendResponseHeaders(302, -1);
      return;
    }
    call.http.getResponseHeaders().set("ETag", "\"" + entry.blobId() + "\"");
    send(method, new java.io.ByteArrayInputStream(entry.bytes()), entry.size());
  }

  void send(String method, InputStream opened, long size) throws IOException {
    try (InputStream in = opened) {
      if (method.equals("HEAD")) {
        call.http.getResponseHeaders().set("Content-Length", String.valueOf(size));
        call.http.sendResponseHeaders(200, -1);
        return;
      }
      String range = call.http.getRequestHeaders().getFirst("Range");
      long from = 0;
      boolean ranges = call.fault == null || call.fault.kind() != Kind.NO_RANGES;
      if (range != null && ranges) {
        from = Long.parseLong(range.substring("bytes=".length(), range.indexOf('-')));
        if (from >= size) {
          call.http.sendResponseHeaders(416, -1);
          return;
        }
        call.http
            .getResponseHeaders()
            .set("Content-Range", "bytes " + from + "-" + (size - 1) + "/" + size);
      }
      in.skipNBytes(from);
      call.http.sendResponseHeaders(
          range != null && ranges ? 206 : 200, size - from == 0 ? -1 : size - from);
      copy(in, size - from);
    }
  }

  private void copy(InputStream in, long length) throws IOException {
    OutputStream out = call.http.getResponseBody();
    boolean ends =
        call.fault != null && (call.fault.kind() == Kind.CUT || call.fault.kind() == Kind.STALL);
    long left = ends ? Math.min(length, call.fault.at()) : length;
    byte[] buffer = new byte[1 << 18];
    boolean damaged = call.fault != null && call.fault.kind() == Kind.CORRUPT;
    while (left > 0) {
      int read = in.read(buffer, 0, (int) Math.min(buffer.length, left));
      if (damaged) {
        buffer[0] ^= 1;
        damaged = false;
      }
      out.write(buffer, 0, read);
      left -= read;
    }
    out.flush();
    if (ends && call.fault.kind() == Kind.STALL) {
      call.sleep();
    }
    if (ends) {
      throw new ServerExchange.Refusal();
    }
    out.close();
  }
}
