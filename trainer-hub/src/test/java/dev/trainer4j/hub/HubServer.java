// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.trainer4j.hub.Faults.Fault;
import dev.trainer4j.hub.Faults.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A Hub on this machine: the calls that a client needs to create, push, list and download, as {@code huggingface_hub} makes them. Large
 * files are given by a second server, at another host and port. {@code src/test/python/check_server.py} holds it against the Python client.
 */
final class HubServer implements AutoCloseable {

  static final String TOKEN = "hf_sEcReT0123456789";
  static final String ACCOUNT = "tester";

  private static final ObjectMapper JSON = new ObjectMapper();

  /** A request as it came. */
  record Seen(
      String server, String method, String path, String query, Map<String, String> headers) {
    String authorization() {
      return headers.get("authorization");
    }

    String range() {
      return headers.get("range");
    }
  }

  final Faults faults = new Faults();
  final List<Seen> seen = new CopyOnWriteArrayList<>();
  final Map<String, ServerRepo> repos = new ConcurrentHashMap<>();

  /** Files above this are large. */
  volatile int largeFrom = 10 << 20;

  /** Large files above this are uploaded in parts of this size. */
  volatile int partSize = Integer.MAX_VALUE;

  volatile int pageSize = 1000;

  /** Once any repository has so many commits, uploads hang. */
  volatile int hangAfterCommits = Integer.MAX_VALUE;

  /** Commits are answered once this is open. */
  volatile CountDownLatch commitsHeld = new CountDownLatch(0);

  private volatile boolean hanging;

  private final Path store;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer hub;
  private final HttpServer cdn;

  HubServer(Path store) throws IOException {
    this(store, 0);
  }

  HubServer(Path store, int port) throws IOException {
    System.setProperty("sun.net.httpserver.nodelay", "true");
    this.store = store;
    Files.createDirectories(store);
    hub = serve("hub", port);
    cdn = serve("cdn", 0);
  }

  /** For the script: prints its address and runs until its input ends. */
  public static void main(String[] args) throws IOException {
    try (HubServer server = new HubServer(Path.of(args[0]))) {
      server.largeFrom = 1 << 20;
      server.partSize = 5 << 20;
      System.out.println(server.endpoint());
      System.out.flush();
      int read = 0;
      while (read >= 0) {
        read = System.in.read();
      }
    }
  }

  private HttpServer serve(String name, int port) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.setExecutor(threads);
    server.createContext("/", exchange -> handle(name, exchange));
    server.start();
    return server;
  }

  URI endpoint() {
    return URI.create("http://127.0.0.1:" + hub.getAddress().getPort());
  }

  URI cdn() {
    return URI.create("http://localhost:" + cdn.getAddress().getPort());
  }

  @Override
  public void close() {
    hub.stop(0);
    cdn.stop(0);
    threads.shutdownNow();
  }

  // ------------------------------------------------------------------ for tests

  boolean isHanging() {
    return hanging;
  }

  ServerRepo repo(String path) {
    return repos.computeIfAbsent(path, ServerRepo::new);
  }

  /** Puts files into a model's branch main without any upload. */
  String put(String model, Map<String, byte[]> files) throws IOException {
    ServerRepo repo = repo("models/" + model);
    Map<String, ServerRepo.Entry> entries = new TreeMap<>(repo.find("main").files());
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      byte[] bytes = file.getValue();
      if (bytes.length > largeFrom) {
        String sha256 = FileHash.hex(update(bytes));
        Files.write(store.resolve(sha256), bytes);
        entries.put(file.getKey(), ServerRepo.large(sha256, bytes.length));
      } else {
        entries.put(file.getKey(), ServerRepo.regular(bytes));
      }
    }
    return repo.commit("main", "put", "", entries).id();
  }

  byte[] content(String model, String revision, String file) throws IOException {
    ServerRepo.Entry entry = repo("models/" + model).find(revision).files().get(file);
    return entry.sha256() == null
        ? entry.bytes()
        : Files.readAllBytes(store.resolve(entry.sha256()));
  }

  private static java.security.MessageDigest update(byte[] bytes) {
    java.security.MessageDigest digest = FileHash.sha256();
    digest.update(bytes);
    return digest;
  }

  // ------------------------------------------------------------------ requests

  private void handle(String server, HttpExchange exchange) throws IOException {
    try (exchange) {
      String method = exchange.getRequestMethod();
      String path = exchange.getRequestURI().getRawPath();
      Map<String, String> headers = new TreeMap<>();
      exchange
          .getRequestHeaders()
          .forEach(
              (name, values) ->
                  headers.put(name.toLowerCase(java.util.Locale.ROOT), values.get(0)));
      String query = exchange.getRequestURI().getRawQuery();
      seen.add(new Seen(server, method, path, query == null ? "" : query, headers));
      Fault fault = faults.take(method, path);
      if (fault != null && fault.kind() == Kind.STATUS) {
        fault.headers().forEach(exchange.getResponseHeaders()::set);
        exchange.getRequestBody().readAllBytes();
        exchange.sendResponseHeaders(fault.status(), -1);
        return;
      }
      if (fault != null && method.equals("PUT") && fault.kind() == Kind.CUT) {
        exchange.getRequestBody().readNBytes((int) fault.at());
        return; // Without an answer the connection closes.
      }
      new Exchange(exchange, fault, query == null ? "" : query).route(method, path);
    } catch (Refusal e) {
      exchange.close();
    } catch (RuntimeException e) {
      e.printStackTrace();
      throw e;
    }
  }

  /** Ends a request that has been answered. */
  private static final class Refusal extends IOException {
    private static final long serialVersionUID = 1L;
  }

  /** One request. */
  private final class Exchange {
    private final HttpExchange http;
    private final Fault fault;
    private final String query;

    Exchange(HttpExchange http, Fault fault, String query) {
      this.http = http;
      this.fault = fault;
      this.query = query;
    }

    void route(String method, String path) throws IOException {
      String[] parts = path.substring(1).split("/");
      if (path.startsWith("/lfs/")) {
        lfs(method, parts);
      } else if (path.startsWith("/api/")) {
        api(parts);
      } else if (path.endsWith("/info/lfs/objects/batch")) {
        String id = path.substring(1, path.indexOf(".git/info"));
        batch(id.startsWith("datasets/") ? id : "models/" + id);
      } else if (parts.length < 4) {
        refuse(404, "", "no such page");
      } else {
        resolve(method, parts);
      }
    }

    // -------------------------------------------------------------- api

    private void api(String[] parts) throws IOException {
      String account = account();
      if (parts[1].equals("whoami-v2")) {
        requireAccount(account);
        json(200, Map.of("name", account, "type", "user", "orgs", List.of()));
        return;
      }
      if (parts[1].equals("validate-yaml")) {
        body();
        json(200, Map.of("errors", List.of(), "warnings", List.of()));
        return;
      }
      if (parts[1].equals("repos")) {
        requireAccount(account);
        create(account);
        return;
      }
      if (parts.length < 4) {
        refuse(404, "", "no such call");
      }
      // api / models / owner / name / verb / revision / ...
      String key = parts[1] + "/" + parts[2] + "/" + parts[3];
      ServerRepo repo = readable(key, account);
      String verb = parts.length > 4 ? parts[4] : "";
      String revision = parts.length > 5 ? decode(parts[5]) : "main";
      switch (verb) {
        case "", "revision" -> info(repo, revision);
        case "tree" -> tree(repo, revision);
        case "refs" -> refs(repo);
        case "commits" -> commits(repo, revision);
        case "branch" -> {
          requireAccount(account);
          branch(repo, revision);
        }
        case "preupload" -> {
          requireAccount(account);
          preupload(repo, revision);
        }
        case "commit" -> {
          requireAccount(account);
          commit(repo, revision);
        }
        default -> refuse(404, "", "no such call");
      }
    }

    private String account() throws IOException {
      String header = http.getRequestHeaders().getFirst("Authorization");
      if (header == null) {
        return null;
      }
      if (!header.equals("Bearer " + TOKEN)) {
        // A careless server repeats what it was told.
        refuse(401, "", "Invalid credentials in Authorization header " + header);
      }
      return ACCOUNT;
    }

    private void requireAccount(String account) throws IOException {
      if (account == null) {
        refuse(401, "", "Invalid username or password.");
      }
    }

    private ServerRepo readable(String key, String account) throws IOException {
      ServerRepo repo = repos.get(key);
      if (repo == null || (repo.isPrivate && account == null)) {
        refuse(account == null ? 401 : 404, "RepoNotFound", "Repository not found");
      }
      return repo;
    }

    private void create(String account) throws IOException {
      JsonNode body = JSON.readTree(body());
      String owner = body.path("organization").asText(null);
      String id =
          (owner == null || owner.equals("null") ? account : owner)
              + "/"
              + body.get("name").asText();
      String type = body.path("type").asText("model") + "s";
      Map<String, Object> answer =
          Map.of(
              "url", endpoint() + "/" + (type.equals("models") ? "" : type + "/") + id, "name", id);
      ServerRepo made = new ServerRepo(type + "/" + id);
      made.isPrivate = body.path("visibility").asText("public").equals("private");
      if (repos.putIfAbsent(type + "/" + id, made) != null) {
        http.getResponseHeaders().set("X-Error-Message", "You already created this model repo");
        json(409, Map.of("error", "You already created this model repo", "url", answer.get("url")));
        return;
      }
      json(200, answer);
    }

    private ServerRepo.Commit commitOf(ServerRepo repo, String revision) throws IOException {
      ServerRepo.Commit commit = repo.find(revision);
      if (commit == null) {
        refuse(404, "RevisionNotFound", "Invalid rev id: " + revision);
      }
      return commit;
    }

    private void info(ServerRepo repo, String revision) throws IOException {
      ServerRepo.Commit commit = commitOf(repo, revision);
      Map<String, Object> info = new LinkedHashMap<>();
      String id = repo.id.substring(repo.id.indexOf('/') + 1);
      info.put("id", id);
      info.put("modelId", id);
      info.put("sha", commit.id());
      info.put("private", repo.isPrivate);
      info.put("tags", List.of("license:mit"));
      info.put(
          "siblings", commit.files().keySet().stream().map(f -> Map.of("rfilename", f)).toList());
      json(200, info);
    }

    private void tree(ServerRepo repo, String revision) throws IOException {
      ServerRepo.Commit commit = commitOf(repo, revision);
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
                      "lfs",
                      Map.of("oid", entry.sha256(), "size", entry.size(), "pointerSize", 130));
                }
                files.add(file);
              });
      int from = parameter("cursor").isEmpty() ? 0 : Integer.parseInt(parameter("cursor"));
      int to = Math.min(files.size(), from + pageSize);
      if (to < files.size()) {
        http.getResponseHeaders()
            .set(
                "Link",
                "<"
                    + endpoint()
                    + http.getRequestURI().getRawPath()
                    + "?recursive=true&cursor="
                    + to
                    + ">; rel=\"next\"");
      }
      json(200, files.subList(from, to));
    }

    private String parameter(String name) {
      return Arrays.stream(query.split("&"))
          .filter(pair -> pair.startsWith(name + "="))
          .map(pair -> decode(pair.substring(name.length() + 1)))
          .findFirst()
          .orElse("");
    }

    private void refs(ServerRepo repo) throws IOException {
      List<Object> branches = new ArrayList<>();
      repo.branches.forEach(
          (name, commit) ->
              branches.add(
                  Map.of("name", name, "ref", "refs/heads/" + name, "targetCommit", commit)));
      json(200, Map.of("branches", branches, "converts", List.of(), "tags", List.of()));
    }

    private void commits(ServerRepo repo, String revision) throws IOException {
      List<Object> list = new ArrayList<>();
      for (ServerRepo.Commit c = commitOf(repo, revision); c != null; c = repo.find(c.parent())) {
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
                List.of(Map.of("user", ACCOUNT))));
      }
      json(200, list);
    }

    private void branch(ServerRepo repo, String name) throws IOException {
      body();
      String start = repo.branches.get("main");
      if (repo.branches.putIfAbsent(name, start) != null) {
        refuse(409, "", "Reference already exists");
      }
      json(200, Map.of());
    }

    private void preupload(ServerRepo repo, String revision) throws IOException {
      ServerRepo.Commit commit = commitOf(repo, revision);
      JsonNode body = JSON.readTree(body());
      Wildcards ignored = new Wildcards(body.path("gitIgnore").asText("").lines().toList());
      List<Object> files = new ArrayList<>();
      for (JsonNode file : body.get("files")) {
        String path = file.get("path").asText();
        byte[] sample = Base64.getDecoder().decode(file.get("sample").asText());
        boolean binary = new String(sample, StandardCharsets.ISO_8859_1).indexOf(0) >= 0;
        boolean large =
            file.get("size").asLong() > largeFrom || path.endsWith(".safetensors") || binary;
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
      json(200, Map.of("files", files));
    }

    private void commit(ServerRepo repo, String revision) throws IOException {
      try {
        commitsHeld.await();
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
      ServerRepo.Commit head = commitOf(repo, revision);
      Map<String, ServerRepo.Entry> files = new TreeMap<>(head.files());
      String title = "";
      String description = "";
      for (String line : new String(body(), StandardCharsets.UTF_8).split("\n")) {
        JsonNode item = JSON.readTree(line);
        JsonNode value = item.get("value");
        switch (item.get("key").asText()) {
          case "header" -> {
            title = value.get("summary").asText();
            description = value.path("description").asText();
            String parent = value.path("parentCommit").asText("");
            if (!parent.isEmpty() && !parent.equals(head.id())) {
              refuse(412, "", "A commit has happened since. Please refresh and try again.");
            }
          }
          case "file" ->
              files.put(
                  value.get("path").asText(),
                  ServerRepo.regular(Base64.getDecoder().decode(value.get("content").asText())));
          case "lfsFile" -> {
            String sha256 = value.get("oid").asText();
            Path object = store.resolve(sha256);
            if (!Files.exists(object)) {
              refuse(400, "", "LFS pointer points to a file that does not exist");
            }
            files.put(value.get("path").asText(), ServerRepo.large(sha256, Files.size(object)));
          }
          case "deletedFile" -> files.remove(value.get("path").asText());
          case "deletedFolder" -> {
            String folder = value.get("path").asText();
            files
                .keySet()
                .removeIf(name -> name.startsWith(folder.endsWith("/") ? folder : folder + "/"));
          }
          default -> refuse(400, "", "unknown operation " + item.get("key"));
        }
      }
      ServerRepo.Commit made = repo.commit(revision, title, description, files);
      if (fault != null && fault.kind() == Kind.CUT) {
        throw new Refusal(); // The commit is there, and its sender does not know.
      }
      String web = repo.id.replaceFirst("^models/", "");
      json(
          200,
          Map.of(
              "success",
              true,
              "commitOid",
              made.id(),
              "commitUrl",
              endpoint() + "/" + web + "/commit/" + made.id()));
    }

    // -------------------------------------------------------------- large files

    private void batch(String key) throws IOException {
      requireAccount(account());
      readable(key, ACCOUNT);
      List<Object> objects = new ArrayList<>();
      for (JsonNode object : JSON.readTree(body()).get("objects")) {
        String oid = object.get("oid").asText();
        long size = object.get("size").asLong();
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("oid", oid);
        answer.put("size", size);
        if (!Files.exists(store.resolve(oid))) {
          Map<String, Object> upload = new LinkedHashMap<>();
          if (size > partSize) {
            Map<String, String> header = new LinkedHashMap<>();
            header.put("chunk_size", String.valueOf(partSize));
            for (int i = 1; (long) (i - 1) * partSize < size; i++) {
              header.put(
                  String.valueOf(i), cdn() + "/lfs/part/" + oid + "/" + i + "?signature=s1gned");
            }
            upload.put("href", endpoint() + "/lfs/complete/" + oid + "?signature=s1gned");
            upload.put("header", header);
          } else {
            upload.put("href", cdn() + "/lfs/basic/" + oid + "?signature=s1gned");
          }
          Map<String, Object> verify = Map.of("href", endpoint() + "/lfs/verify/" + oid);
          answer.put("actions", Map.of("upload", upload, "verify", verify));
        }
        objects.add(answer);
      }
      json(200, Map.of("objects", objects, "transfer", "multipart"));
    }

    private void lfs(String method, String[] parts) throws IOException {
      String oid = parts[2];
      switch (parts[1]) {
        case "basic" -> {
          receive(oid + ".draft");
          accept(oid, store.resolve(oid + ".draft"));
          http.sendResponseHeaders(200, -1);
        }
        case "part" -> {
          receive(oid + "." + parts[3]);
          http.getResponseHeaders().set("ETag", "\"part-" + parts[3] + "\"");
          http.sendResponseHeaders(200, -1);
        }
        case "complete" -> {
          JsonNode body = JSON.readTree(body());
          Path draft = store.resolve(oid + ".draft");
          try (OutputStream out = Files.newOutputStream(draft)) {
            for (JsonNode part : body.get("parts")) {
              int number = part.get("partNumber").asInt();
              if (!part.get("etag").asText().equals("\"part-" + number + "\"")) {
                refuse(400, "", "wrong etag of part " + number);
              }
              Files.copy(store.resolve(oid + "." + number), out);
              Files.delete(store.resolve(oid + "." + number));
            }
          }
          accept(oid, draft);
          json(200, Map.of());
        }
        case "verify" -> {
          requireAccount(account());
          JsonNode body = JSON.readTree(body());
          Path object = store.resolve(oid);
          boolean right = Files.exists(object) && Files.size(object) == body.get("size").asLong();
          json(right ? 200 : 404, Map.of());
        }
        case "object" ->
            send(method, Files.newInputStream(store.resolve(oid)), Files.size(store.resolve(oid)));
        default -> refuse(404, "", "no such call");
      }
    }

    private void receive(String name) throws IOException {
      if (repos.values().stream().anyMatch(repo -> repo.commits.size() >= hangAfterCommits)) {
        hanging = true;
        sleep();
      }
      try (InputStream in = http.getRequestBody();
          OutputStream out = Files.newOutputStream(store.resolve(name))) {
        in.transferTo(out);
      }
    }

    private void accept(String oid, Path draft) throws IOException {
      java.security.MessageDigest digest = FileHash.sha256();
      try (InputStream in = Files.newInputStream(draft)) {
        FileHash.update(digest, in, Files.size(draft));
      }
      if (!FileHash.hex(digest).equals(oid)) {
        Files.delete(draft);
        refuse(400, "", "the hash is not that of the content");
      }
      Files.move(draft, store.resolve(oid), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }

    // -------------------------------------------------------------- files

    private void resolve(String method, String[] parts) throws IOException {
      boolean dataset = parts[0].equals("datasets");
      int at = dataset ? 1 : 0;
      String key = (dataset ? "datasets/" : "models/") + parts[at] + "/" + parts[at + 1];
      ServerRepo repo = readable(key, account());
      if (repo.isGated) {
        refuse(403, "GatedRepo", "Access to model " + repo.id + " is restricted");
      }
      ServerRepo.Commit commit = commitOf(repo, decode(parts[at + 3]));
      http.getResponseHeaders().set("X-Repo-Commit", commit.id());
      String file = decode(String.join("/", Arrays.asList(parts).subList(at + 4, parts.length)));
      ServerRepo.Entry entry = commit.files().get(file);
      if (entry == null) {
        refuse(404, "EntryNotFound", "Entry not found");
      }
      if (entry.sha256() != null) {
        http.getResponseHeaders().set("X-Linked-Etag", "\"" + entry.sha256() + "\"");
        http.getResponseHeaders().set("X-Linked-Size", String.valueOf(entry.size()));
        http.getResponseHeaders()
            .set("Location", cdn() + "/lfs/object/" + entry.sha256() + "?signature=s1gned");
        http.sendResponseHeaders(302, -1);
        return;
      }
      http.getResponseHeaders().set("ETag", "\"" + entry.blobId() + "\"");
      send(method, new java.io.ByteArrayInputStream(entry.bytes()), entry.size());
    }

    private void send(String method, InputStream opened, long size) throws IOException {
      try (InputStream in = opened) {
        if (method.equals("HEAD")) {
          http.getResponseHeaders().set("Content-Length", String.valueOf(size));
          http.sendResponseHeaders(200, -1);
          return;
        }
        String range = http.getRequestHeaders().getFirst("Range");
        long from = 0;
        boolean ranges = fault == null || fault.kind() != Kind.NO_RANGES;
        if (range != null && ranges) {
          from = Long.parseLong(range.substring("bytes=".length(), range.indexOf('-')));
          if (from >= size) {
            http.sendResponseHeaders(416, -1);
            return;
          }
          http.getResponseHeaders()
              .set("Content-Range", "bytes " + from + "-" + (size - 1) + "/" + size);
        }
        in.skipNBytes(from);
        http.sendResponseHeaders(
            range != null && ranges ? 206 : 200, size - from == 0 ? -1 : size - from);
        copy(in, size - from);
      }
    }

    private void copy(InputStream in, long length) throws IOException {
      OutputStream out = http.getResponseBody();
      boolean ends = fault != null && (fault.kind() == Kind.CUT || fault.kind() == Kind.STALL);
      long left = ends ? Math.min(length, fault.at()) : length;
      byte[] buffer = new byte[1 << 18];
      boolean damaged = fault != null && fault.kind() == Kind.CORRUPT;
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
      if (ends && fault.kind() == Kind.STALL) {
        sleep();
      }
      if (ends) {
        throw new Refusal();
      }
      out.close();
    }

    // -------------------------------------------------------------- plumbing

    private void sleep() {
      try {
        Thread.sleep(60_000);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private byte[] body() throws IOException {
      return http.getRequestBody().readAllBytes();
    }

    private void json(int status, Object value) throws IOException {
      byte[] bytes = JSON.writeValueAsBytes(value);
      http.getResponseHeaders().set("Content-Type", "application/json");
      http.sendResponseHeaders(status, bytes.length);
      http.getResponseBody().write(bytes);
    }

    private void refuse(int status, String code, String message) throws IOException {
      http.getRequestBody().readAllBytes();
      if (!code.isEmpty()) {
        http.getResponseHeaders().set("X-Error-Code", code);
      }
      http.getResponseHeaders().set("X-Error-Message", message);
      if (http.getRequestMethod().equals("HEAD")) {
        http.sendResponseHeaders(status, -1);
      } else {
        json(status, Map.of("error", message));
      }
      throw new Refusal();
    }
  }

  private static String decode(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }
}
