// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The calls about one repository. */
final class HubApi {
  /** How many files the Hub looks at in one call. */
  static final int BATCH = 256;

  private static final Pattern NEXT = Pattern.compile("<([^>]*)>\\s*;[^,]*rel=\"?next\"?");
  private static final int MOST_PAGES = 10_000;

  /** A server may think about a commit of many files for long. */
  private static final Duration PATIENCE_OF_COMMITS = Duration.ofMinutes(5);

  private final HubHttp http;
  private final HubRepo repo;
  private final HubErrors errors;

  HubApi(HubHttp http, HubRepo repo) {
    this.http = http;
    this.repo = repo;
    errors = new HubErrors(http.settings(), repo, null, null);
  }

  HubErrors errors() {
    return errors;
  }

  HubHttp http() {
    return http;
  }

  HubRepo repo() {
    return repo;
  }

  private Duration patience() {
    return http.settings().timeout();
  }

  /** An address at the Hub, of a path that is quoted already. */
  URI at(String path) {
    return URI.create(http.settings().endpoint() + path);
  }

  static String quote(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static String quotePath(String path) {
    return Arrays.stream(path.split("/", -1)).map(HubApi::quote).collect(Collectors.joining("/"));
  }

  URI resolveUri(String revision, String file) {
    return at("/" + repo.webPath() + "/resolve/" + quote(revision) + "/" + quotePath(file));
  }

  private URI apiUri(String rest) {
    return at("/api/" + repo.apiPath() + rest);
  }

  /** The commit that a branch or tag stands for now. */
  String commitOf(String revision) throws IOException {
    Answer answer =
        http.send(
            Call.get(apiUri("/revision/" + quote(revision)), patience()),
            errors.ofRevision(revision));
    return commit(answer, answer.json().path("sha").asText());
  }

  private static String commit(Answer answer, String sha) throws HubException {
    if (!HubCache.isCommit(sha)) {
      throw answer.notOfAHub("it names no commit");
    }
    return sha;
  }

  /** The license that a model names; empty if it names none, or cannot be asked. */
  Optional<String> license() throws IOException {
    Answer answer = http.send(Call.get(apiUri(""), patience()), errors);
    for (JsonNode tag : answer.json().path("tags")) {
      if (tag.asText().startsWith("license:")) {
        return Optional.of(tag.asText().substring("license:".length()));
      }
    }
    return Optional.empty();
  }

  /** Every file of a commit. */
  List<RepoFile> files(String commit) throws IOException {
    List<RepoFile> files = new ArrayList<>();
    URI page = apiUri("/tree/" + quote(commit) + "?recursive=true&expand=false");
    for (int i = 0; i < MOST_PAGES; i++) {
      Answer answer = http.send(Call.get(page, patience()), errors.ofRevision(commit));
      JsonNode list = answer.json();
      if (!list.isArray()) {
        throw answer.notOfAHub("a list of files is expected");
      }
      for (JsonNode each : list) {
        if (each.path("type").asText().equals("file")) {
          files.add(file(answer, each));
        }
      }
      Matcher next = NEXT.matcher(answer.headers().getOrDefault("link", ""));
      if (!next.find()) {
        return files;
      }
      page = page.resolve(next.group(1));
    }
    throw new HubException(
        HubException.Reason.HOSTILE, "the list of the files of '" + repo.id() + "' has no end");
  }

  private static RepoFile file(Answer answer, JsonNode node) throws HubException {
    JsonNode lfs = node.path("lfs");
    boolean large = lfs.isObject();
    long size = (large ? lfs : node).path("size").asLong(-1);
    String sha256 = large ? lfs.path("oid").asText() : null;
    String blobId = node.path("oid").asText();
    if (size < 0 || !FileHash.isGitBlob(blobId) || (sha256 != null && !FileHash.isSha256(sha256))) {
      throw answer.notOfAHub("a file in its list has no size or no hash");
    }
    return new RepoFile(
        node.path("path").asText(), size, blobId, sha256, node.path("xetHash").asText(null));
  }

  /** What is known of a file of a revision without fetching it. */
  record FileHead(String commit, String etag, long size, int status) {}

  /**
   * Asks for a file.
   *
   * @return with an empty etag and a status of 404 if there is none of this name
   */
  FileHead head(String revision, String file) throws IOException {
    Call call =
        Call.head(resolveUri(revision, file), patience()).with("Accept-Encoding", "identity");
    HubErrors mine = errors.ofRevision(revision).ofFile(file);
    Answer answer = http.sendPatiently(call, mine);
    String commit = answer.headers().getOrDefault("x-repo-commit", "");
    boolean noFile =
        answer.status() == 404
            && answer.header("x-error-code").filter("EntryNotFound"::equals).isPresent();
    if (noFile && HubCache.isCommit(commit)) {
      return new FileHead(commit, "", 0, 404);
    }
    if (answer.status() >= 400) {
      throw mine.of(answer);
    }
    String etag = answer.header("x-linked-etag").or(() -> answer.header("etag")).orElse("");
    String size =
        answer.header("x-linked-size").or(() -> answer.header("content-length")).orElse("");
    String plain = etag.replaceFirst("^W/", "").replace("\"", "");
    if (plain.isEmpty() || !size.matches("\\d{1,18}")) {
      throw answer.notOfAHub("it says neither etag nor size of a file");
    }
    return new FileHead(commit(answer, commit), plain, Long.parseLong(size), answer.status());
  }

  /** Makes the repository, unless it is there. */
  void create(@Nullable Boolean isPrivate) throws IOException {
    int slash = repo.id().indexOf('/');
    Map<String, @Nullable Object> body = new LinkedHashMap<>();
    body.put("name", repo.id().substring(slash + 1));
    body.put("organization", slash < 0 ? null : repo.id().substring(0, slash));
    body.put("type", repo.type() == HubRepo.Type.MODEL ? "model" : "dataset");
    if (isPrivate != null) {
      body.put("visibility", isPrivate ? "private" : "public");
    }
    Call call = Call.post(at("/api/repos/create"), body, patience());
    Answer answer = http.sendPatiently(call, errors);
    if (answer.isSuccess() || answer.status() == 409) {
      return;
    }
    // Who may write to a repository need not be allowed to make one.
    boolean forbidden = answer.status() == 401 || answer.status() == 402 || answer.status() == 403;
    if (!forbidden || !exists()) {
      throw errors.of(answer);
    }
  }

  private boolean exists() throws IOException {
    return http.sendPatiently(Call.get(apiUri(""), patience()), errors).isSuccess();
  }

  /** The name of the account that the token belongs to. */
  static String account(HubHttp http) throws IOException {
    HubErrors errors = new HubErrors(http.settings(), HubRepo.model("whoami"), null, null);
    URI uri = URI.create(http.settings().endpoint() + "/api/whoami-v2");
    Answer answer = http.sendPatiently(Call.get(uri, http.settings().timeout()), errors);
    String name = answer.isSuccess() ? answer.json().path("name").asText() : "";
    if (name.isEmpty()) {
      throw new HubException(
          HubException.Reason.NOT_ALLOWED,
          "the Hub does not say whose the token is; give hubModelId with its owner, such as"
              + " owner/name, and a valid token in HF_TOKEN or hubToken");
    }
    return name;
  }

  /** Makes a branch, unless it is there. */
  void createBranch(String branch) throws IOException {
    Call call = Call.post(apiUri("/branch/" + quote(branch)), Map.of(), patience());
    Answer answer = http.sendPatiently(call, errors.ofRevision(branch));
    if (!answer.isSuccess() && answer.status() != 409) {
      throw errors.ofRevision(branch).of(answer);
    }
  }

  Answer preupload(String revision, Map<String, ?> body) throws IOException {
    Call call = Call.post(apiUri("/preupload/" + quote(revision)), body, patience());
    return http.send(call, errors.ofRevision(revision));
  }

  Answer lfsBatch(Map<String, ?> body) throws IOException {
    Call call =
        Call.post(at("/" + repo.webPath() + ".git/info/lfs/objects/batch"), body, patience())
            .with("Content-Type", "application/vnd.git-lfs+json")
            .with("Accept", "application/vnd.git-lfs+json");
    return http.send(call, errors);
  }

  /** Sends a commit once; its sender knows whether it may be sent again. */
  Answer commit(String revision, byte[] lines) throws IOException {
    Call call =
        new Call(
                "POST",
                apiUri("/commit/" + quote(revision)),
                Map.of(),
                Content.of(lines),
                true,
                PATIENCE_OF_COMMITS)
            .with("Content-Type", "application/x-ndjson");
    return http.sendOnce(call, (status, headers) -> null);
  }

  /** The title of the newest commit of a revision; empty if it cannot be told. */
  Optional<String> newestTitle(String revision) throws IOException {
    Answer answer =
        http.sendPatiently(
            Call.get(apiUri("/commits/" + quote(revision) + "?limit=1"), patience()), errors);
    if (!answer.isSuccess()) {
      return Optional.empty();
    }
    return Optional.ofNullable(answer.json().path(0).path("title").asText(null));
  }

  /** The files of one call, from this one on. */
  static <T> List<T> part(List<T> all, int from) {
    return all.subList(from, Math.min(all.size(), from + BATCH));
  }
}
