// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The calls about repositories under {@code /api}: make, list, branch, and ask how files are to be sent. */
final class RepoCalls {
  private final ServerExchange call;

  RepoCalls(ServerExchange call) {
    this.call = call;
  }

  /** Answers {@code /api/models/owner/name/verb/revision} and its like. */
  void run(String[] parts) throws IOException {
    String account = call.account();
    if (parts[1].equals("whoami-v2")) {
      call.requireAccount(account);
      call.json(200, Map.of("name", account, "type", "user", "orgs", List.of()));
      return;
    }
    if (parts[1].equals("validate-yaml")) {
      call.body();
      call.json(200, Map.of("errors", List.of(), "warnings", List.of()));
      return;
    }
    if (parts[1].equals("repos")) {
      call.requireAccount(account);
      create(account);
      return;
    }
    if (parts.length < 4) {
      call.refuse(404, "", "no such call");
    }
    // api / models / owner / name / verb / revision / ...
    String key = parts[1] + "/" + parts[2] + "/" + parts[3];
    ServerRepo repo = call.readable(key, account);
    String verb = parts.length > 4 ? parts[4] : "";
    String revision = parts.length > 5 ? ServerExchange.decode(parts[5]) : "main";
    switch (verb) {
      case "", "revision" -> info(repo, revision);
      case "tree" -> tree(repo, revision);
      case "refs" -> refs(repo);
      case "commits" -> commits(repo, revision);
      case "branch" -> {
        call.requireAccount(account);
        branch(repo, revision);
      }
      case "preupload" -> {
        call.requireAccount(account);
        preupload(repo, revision);
      }
      case "commit" -> {
        call.requireAccount(account);
        new CommitCall(call).run(repo, revision);
      }
      default -> call.refuse(404, "", "no such call");
    }
  }

  private void create(String account) throws IOException {
    JsonNode body = ServerExchange.JSON.readTree(call.body());
    String owner = body.path("organization").asText(null);
    String id =
        (owner == null || owner.equals("null") ? account : owner) + "/" + body.get("name").asText();
    String type = body.path("type").asText("model") + "s";
    Map<String, Object> answer =
        Map.of(
            "url",
            call.server.endpoint() + "/" + (type.equals("models") ? "" : type + "/") + id,
            "name",
            id);
    ServerRepo made = new ServerRepo(type + "/" + id);
    made.isPrivate = body.path("visibility").asText("public").equals("private");
    if (call.server.repos.putIfAbsent(type + "/" + id, made) != null) {
      call.http.getResponseHeaders().set("X-Error-Message", "You already created this model repo");
      call.json(
          409, Map.of("error", "You already created this model repo", "url", answer.get("url")));
      return;
    }
    call.json(200, answer);
  }

  private void info(ServerRepo repo, String revision) throws IOException {
    ServerRepo.Commit commit = call.commitOf(repo, revision);
    Map<String, Object> info = new LinkedHashMap<>();
    String id = repo.id.substring(repo.id.indexOf('/') + 1);
    info.put("id", id);
    info.put("modelId", id);
    info.put("sha", commit.id());
    info.put("private", repo.isPrivate);
    info.put("tags", List.of("license:mit"));
    info.put(
        "siblings", commit.files().keySet().stream().map(f -> Map.of("rfilename", f)).toList());
    call.json(200, info);
  }

  private void tree(ServerRepo repo, String revision) throws IOException {
    ServerRepo.Commit commit = call.commitOf(repo, revision);
    List<Object> files = new ArrayList<>();
    commit
        .files()
        .forEach(
            (path, entry) -> {
              Map<String, Object> file = new LinkedHashMap<>();
              file.put("type", "file");
              file.put("oid", entry.blobId());
              file.put("size", entry.size());
              file.put("path", path);
              if (entry.sha256() != null) {
                file.put(
                    "lfs", Map.of("oid", entry.sha256(), "size", entry.size(), "pointerSize", 130));
              }
              files.add(file);
            });
    int from = call.parameter("cursor").isEmpty() ? 0 : Integer.parseInt(call.parameter("cursor"));
    int to = Math.min(files.size(), from + call.server.pageSize);
    if (to < files.size()) {
      call.http
          .getResponseHeaders()
          .set(
              "Link",
              "<"
                  + call.server.endpoint()
                  + call.http.getRequestURI().getRawPath()
                  + "?recursive=true&cursor="
                  + to
                  + ">; rel=\"next\"");
    }
    call.json(200, files.subList(from, to));
  }

  private void refs(ServerRepo repo) throws IOException {
    List<Object> branches = new ArrayList<>();
    repo.branches.forEach(
        (name, commit) ->
            branches.add(
                Map.of("name", name, "ref", "refs/heads/" + name, "targetCommit", commit)));
    call.json(200, Map.of("branches", branches, "converts", List.of(), "tags", List.of()));
  }

  private void commits(ServerRepo repo, String revision) throws IOException {
    List<Object> list = new ArrayList<>();
    for (ServerRepo.Commit c = call.commitOf(repo, revision);
        c != null;
        c = repo.find(c.parent())) {
      list.add(
          Map.of(
              "id",
              c.id(),
              "title",
              c.title(),
              "message",
              c.description(),
              "date",
              "2026-01-01T00:00:00.000Z",
              "authors",
              List.of(Map.of("user", HubServer.ACCOUNT))));
    }
    call.json(200, list);
  }

  private void branch(ServerRepo repo, String name) throws IOException {
    call.body();
    String start = repo.branches.get("main");
    if (repo.branches.putIfAbsent(name, start) != null) {
      call.refuse(409, "", "Reference already exists");
    }
    call.json(200, Map.of());
  }

  private void preupload(ServerRepo repo, String revision) throws IOException {
    ServerRepo.Commit commit = call.commitOf(repo, revision);
    JsonNode body = ServerExchange.JSON.readTree(call.body());
    Wildcards ignored = new Wildcards(body.path("gitIgnore").asText("").lines().toList());
    List<Object> files = new ArrayList<>();
    for (JsonNode file : body.get("files")) {
      String path = file.get("path").asText();
      byte[] sample = Base64.getDecoder().decode(file.get("sample").asText());
      boolean binary = new String(sample, StandardCharsets.ISO_8859_1).indexOf(0) >= 0;
      boolean large =
          file.get("size").asLong() > call.server.largeFrom
              || path.endsWith(".safetensors")
              || binary;
      Map<String, Object> answer = new LinkedHashMap<>();
      answer.put("path", path);
      answer.put("uploadMode", large ? "lfs" : "regular");
      answer.put("shouldIgnore", ignored.matchAny(path));
      ServerRepo.Entry there = commit.files().get(path);
      if (there != null) {
        answer.put("oid", there.sha256() == null ? there.blobId() : there.sha256());
      }
      files.add(answer);
    }
    call.json(200, Map.of("files", files));
  }
}
