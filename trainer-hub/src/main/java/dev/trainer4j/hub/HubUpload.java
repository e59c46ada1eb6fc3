// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.hub.HubException.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pushes files in one commit, as the Hub wants it: it says which files are large, these go to its storage, the others into the commit
 * itself.
 */
final class HubUpload {
  private static final Logger LOGGER = LoggerFactory.getLogger(HubUpload.class);

  private final HubApi api;

  HubUpload(HubApi api) {
    this.api = api;
  }

  /** Pushes; returns the newest commit if there is nothing new. */
  CommitInfo push(Push push) throws IOException {
    Map<String, JsonNode> modes = modes(push);
    List<UploadFile> large = new ArrayList<>();
    List<UploadFile> regular = new ArrayList<>();
    for (UploadFile file : push.files()) {
      JsonNode mode = modes.get(file.path());
      if (mode == null || mode.path("shouldIgnore").asBoolean()) {
        continue;
      }
      // Storage takes no empty files.
      boolean isLarge = mode.path("uploadMode").asText().equals("lfs") && file.size() > 0;
      (isLarge ? large : regular).add(file);
    }
    new LargeFiles(api).hash(large);
    List<UploadFile> newLarge = changed(large, modes, UploadFile::sha256);
    List<UploadFile> newRegular = changed(regular, modes, UploadFile::gitBlob);
    List<String> stale = stale(push);
    if (newLarge.isEmpty() && newRegular.isEmpty() && stale.isEmpty()) {
      LOGGER.info("Nothing of {} has changed, so there is no new commit", api.repo());
      return info(api.commitOf(push.revision()), push.message());
    }
    new LargeFiles(api).upload(newLarge);
    return commit(push, newRegular, newLarge, stale);
  }

  private Map<String, JsonNode> modes(Push push) throws IOException {
    String gitIgnore = null;
    for (UploadFile file : push.files()) {
      if (file.path().equals(".gitignore")) {
        gitIgnore = new String(file.content(), StandardCharsets.UTF_8);
      }
    }
    Map<String, JsonNode> modes = new LinkedHashMap<>();
    for (int from = 0; from < push.files().size(); from += HubApi.BATCH) {
      List<Object> asked = new ArrayList<>();
      for (UploadFile file : HubApi.part(push.files(), from)) {
        Map<String, Object> each = new LinkedHashMap<>();
        each.put("path", file.path());
        each.put("sample", Base64.getEncoder().encodeToString(file.sample()));
        each.put("size", file.size());
        asked.add(each);
      }
      Map<String, Object> body = new LinkedHashMap<>();
      body.put("files", asked);
      if (gitIgnore != null) {
        body.put("gitIgnore", gitIgnore);
      }
      Answer answer = api.preupload(push.revision(), body);
      for (JsonNode file : answer.json().path("files")) {
        modes.put(file.path("path").asText(), file);
      }
    }
    for (UploadFile file : push.files()) {
      if (!modes.containsKey(file.path())) {
        throw new HubException(
            Reason.HOSTILE, "the Hub does not say how to send '" + file.path() + "'");
      }
    }
    return modes;
  }

  /** Hashes a file as the Hub does. */
  @FunctionalInterface
  private interface Hash {
    String of(UploadFile file) throws IOException;
  }

  private static List<UploadFile> changed(
      List<UploadFile> files, Map<String, JsonNode> modes, Hash hash) throws IOException {
    List<UploadFile> changed = new ArrayList<>();
    for (UploadFile file : files) {
      String there = Objects.requireNonNull(modes.get(file.path())).path("oid").asText("");
      if (there.isEmpty() || !there.equals(hash.of(file))) {
        changed.add(file);
      }
    }
    return changed;
  }

  private List<String> stale(Push push) throws IOException {
    if (push.renewed().isEmpty()) {
      return List.of();
    }
    Set<String> ours = new HashSet<>();
    push.files().forEach(file -> ours.add(file.path()));
    List<String> stale = new ArrayList<>();
    for (RepoFile file : api.files(api.commitOf(push.revision()))) {
      boolean inside =
          push.renewed().stream().anyMatch(folder -> file.path().startsWith(folder + "/"));
      if (inside && !ours.contains(file.path())) {
        stale.add(file.path());
      }
    }
    return stale;
  }

  private CommitInfo commit(
      Push push, List<UploadFile> regular, List<UploadFile> large, List<String> stale)
      throws IOException {
    Backoff backoff = new Backoff(api.http().settings().retryPause());
    Call shown = Call.get(api.at("/api/" + api.repo().apiPath() + "/commit"), Duration.ZERO);
    while (true) {
      // With its parent named, a commit that is sent twice arrives once.
      String parent = api.commitOf(push.revision());
      Answer answer = null;
      IOException failure = null;
      try {
        answer = api.commit(push.revision(), lines(push, parent, regular, large, stale));
      } catch (HubException | InterruptedIOException e) {
        throw e;
      } catch (IOException e) {
        failure = e;
      }
      if (answer != null && answer.isSuccess()) {
        return info(answer, push);
      }
      if (answer != null && !mayTryAgain(answer.status())) {
        throw api.errors().of(answer);
      }
      boolean again =
          answer != null
              ? backoff.pauseAfter(shown, answer)
              : backoff.pauseAfter(shown, Objects.requireNonNull(failure));
      String head = arrived(push, parent);
      if (head != null) {
        return info(head, push.message());
      }
      if (!again) {
        throw answer != null
            ? api.errors().of(answer)
            : api.errors().unreachable(shown, Objects.requireNonNull(failure));
      }
    }
  }

  private static boolean mayTryAgain(int status) {
    // Somebody else committed in between.
    return status == 409 || status == 412 || Backoff.isPassing(status);
  }

  /** The commit, if it is there although its answer got lost. */
  private @Nullable String arrived(Push push, String parent) throws IOException {
    String head = api.commitOf(push.revision());
    boolean ours =
        !head.equals(parent)
            && api.newestTitle(push.revision()).filter(push.message()::equals).isPresent();
    return ours ? head : null;
  }

  private CommitInfo info(Answer answer, Push push) throws IOException {
    JsonNode json = answer.json();
    String oid = json.path("commitOid").asText();
    String url = json.path("commitUrl").asText();
    if (!HubCache.isCommit(oid)) {
      return info(api.commitOf(push.revision()), push.message());
    }
    return new CommitInfo(HubFileName.shown(url), oid, push.message());
  }

  private CommitInfo info(String commit, String message) {
    return new CommitInfo(
        api.at("/" + api.repo().webPath() + "/commit/" + commit).toString(), commit, message);
  }

  private static byte[] lines(
      Push push,
      String parent,
      List<UploadFile> regular,
      List<UploadFile> large,
      List<String> stale)
      throws IOException {
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    Map<String, Object> header = new LinkedHashMap<>();
    header.put("summary", push.message());
    header.put("description", "");
    header.put("parentCommit", parent);
    line(lines, "header", header);
    for (UploadFile file : regular) {
      Map<String, Object> value = new LinkedHashMap<>();
      value.put("content", Base64.getEncoder().encodeToString(file.content()));
      value.put("path", file.path());
      value.put("encoding", "base64");
      line(lines, "file", value);
    }
    for (UploadFile file : large) {
      Map<String, Object> value = new LinkedHashMap<>();
      value.put("path", file.path());
      value.put("algo", "sha256");
      value.put("oid", file.sha256());
      value.put("size", file.size());
      line(lines, "lfsFile", value);
    }
    for (String path : stale) {
      line(lines, "deletedFile", Map.of("path", path));
    }
    return lines.toByteArray();
  }

  private static void line(ByteArrayOutputStream lines, String key, Map<String, Object> value) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("key", key);
    line.put("value", value);
    lines.writeBytes(Call.bytes(line));
    lines.write('\n');
  }
}
