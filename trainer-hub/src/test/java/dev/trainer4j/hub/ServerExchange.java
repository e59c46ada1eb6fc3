// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import dev.trainer4j.hub.Faults.Fault;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/** One request to the test server: who asks, for what, and how an answer is given. */
final class ServerExchange {
  static final ObjectMapper JSON = new ObjectMapper();

  final HubServer server;
  final HttpExchange http;
  final Fault fault;
  private final String query;

  ServerExchange(HubServer server, HttpExchange http, Fault fault, String query) {
    this.server = server;
    this.http = http;
    this.fault = fault;
    this.query = query;
  }

  /** Ends a request that has been answered. */
  static final class Refusal extends IOException {
    private static final long serialVersionUID = 1L;
  }

  String parameter(String name) {
    return Arrays.stream(query.split("&"))
        .filter(pair -> pair.startsWith(name + "="))
        .map(pair -> decode(pair.substring(name.length() + 1)))
        .findFirst()
        .orElse("");
  }

  void sleep() {
    try {
      Thread.sleep(60_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  byte[] body() throws IOException {
    return http.getRequestBody().readAllBytes();
  }

  void json(int status, Object value) throws IOException {
    byte[] bytes = JSON.writeValueAsBytes(value);
    http.getResponseHeaders().set("Content-Type", "application/json");
    http.sendResponseHeaders(status, bytes.length);
    http.getResponseBody().write(bytes);
  }

  void refuse(int status, String code, String message) throws IOException {
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

  String account() throws IOException {
    String header = http.getRequestHeaders().getFirst("Authorization");
    if (header == null) {
      return null;
    }
    if (!header.equals("Bearer " + HubServer.TOKEN)) {
      // A careless server repeats what it was told.
      refuse(401, "", "Invalid credentials in Authorization header " + header);
    }
    return HubServer.ACCOUNT;
  }

  void requireAccount(String account) throws IOException {
    if (account == null) {
      refuse(401, "", "Invalid username or password.");
    }
  }

  ServerRepo readable(String key, String account) throws IOException {
    ServerRepo repo = server.repos.get(key);
    if (repo == null || (repo.isPrivate && account == null)) {
      refuse(account == null ? 401 : 404, "RepoNotFound", "Repository not found");
    }
    return repo;
  }

  ServerRepo.Commit commitOf(ServerRepo repo, String revision) throws IOException {
    ServerRepo.Commit commit = repo.find(revision);
    if (commit == null) {
      refuse(404, "RevisionNotFound", "Invalid rev id: " + revision);
    }
    return commit;
  }

  static String decode(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }
}
