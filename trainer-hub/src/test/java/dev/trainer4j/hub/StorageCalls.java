// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The storage of large files: says where they go, takes them whole or in parts, checks their hashes, and gives them. */
final class StorageCalls {
  private final ServerExchange call;

  StorageCalls(ServerExchange call) {
    this.call = call;
  }

  /** Says for each file whether it is there already, and else where its bytes go. */
  void batch(String key) throws IOException {
    call.requireAccount(call.account());
    call.readable(key, HubServer.ACCOUNT);
    List<Object> objects = new ArrayList<>();
    for (JsonNode object : ServerExchange.JSON.readTree(call.body()).get("objects")) {
      String oid = object.get("oid").asText();
      long size = object.get("size").asLong();
      Map<String, Object> answer = new LinkedHashMap<>();
      answer.put("oid", oid);
      answer.put("size", size);
      if (!Files.exists(call.server.store.resolve(oid))) {
        Map<String, Object> upload = new LinkedHashMap<>();
        if (size > call.server.partSize) {
          Map<String, String> header = new LinkedHashMap<>();
          header.put("chunk_size", String.valueOf(call.server.partSize));
          for (int i = 1; (long) (i - 1) * call.server.partSize < size; i++) {
            header.put(
                String.valueOf(i),
                call.server.cdn() + "/lfs/part/" + oid + "/" + i + "?signature=s1gned");
          }
          upload.put("href", call.server.endpoint() + "/lfs/complete/" + oid + "?signature=s1gned");
          upload.put("header", header);
        } else {
          upload.put("href", call.server.cdn() + "/lfs/basic/" + oid + "?signature=s1gned");
        }
        Map<String, Object> verify = Map.of("href", call.server.endpoint() + "/lfs/verify/" + oid);
        answer.put("actions", Map.of("upload", upload, "verify", verify));
      }
      objects.add(answer);
    }
    call.json(200, Map.of("objects", objects, "transfer", "multipart"));
  }

  void run(String method, String[] parts) throws IOException {
    String oid = parts[2];
    switch (parts[1]) {
      case "basic" -> {
        receive(oid + ".draft");
        accept(oid, call.server.store.resolve(oid + ".draft"));
        call.http.sendResponseHeaders(200, -1);
      }
      case "part" -> {
        receive(oid + "." + parts[3]);
        call.http.getResponseHeaders().set("ETag", "\"part-" + parts[3] + "\"");
        call.http.sendResponseHeaders(200, -1);
      }
      case "complete" -> {
        JsonNode body = ServerExchange.JSON.readTree(call.body());
        Path draft = call.server.store.resolve(oid + ".draft");
        try (OutputStream out = Files.newOutputStream(draft)) {
          for (JsonNode part : body.get("parts")) {
            int number = part.get("partNumber").asInt();
            if (!part.get("etag").asText().equals("\"part-" + number + "\"")) {
              call.refuse(400, "", "wrong etag of part " + number);
            }
            Files.copy(call.server.store.resolve(oid + "." + number), out);
            Files.delete(call.server.store.resolve(oid + "." + number));
          }
        }
        accept(oid, draft);
        call.json(200, Map.of());
      }
      case "verify" -> {
        call.requireAccount(call.account());
        JsonNode body = ServerExchange.JSON.readTree(call.body());
        Path object = call.server.store.resolve(oid);
        boolean right = Files.exists(object) && Files.size(object) == body.get("size").asLong();
        call.json(right ? 200 : 404, Map.of());
      }
      case "object" ->
          new FileCalls(call)
              .send(
                  method,
                  Files.newInputStream(call.server.store.resolve(oid)),
                  Files.size(call.server.store.resolve(oid)));
      default -> call.refuse(404, "", "no such call");
    }
  }

  private void receive(String name) throws IOException {
    if (call.server.repos.values().stream()
        .anyMatch(repo -> repo.commits.size() >= call.server.hangAfterCommits)) {
      call.server.hanging = true;
      call.sleep();
    }
    try (InputStream in = call.http.getRequestBody();
        OutputStream out = Files.newOutputStream(call.server.store.resolve(name))) {
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
      call.refuse(400, "", "the hash is not that of the content");
    }
    Files.move(
        draft, call.server.store.resolve(oid), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }
}
