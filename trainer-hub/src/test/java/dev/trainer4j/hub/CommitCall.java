// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.hub.Faults.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;

/** Makes a commit of the operations in the lines of a request. */
final class CommitCall {
  private final ServerExchange call;

  CommitCall(ServerExchange call) {
    this.call = call;
  }

  void run(ServerRepo repo, String revision) throws IOException {
    try {
      call.server.commitsHeld.await();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
    ServerRepo.Commit head = call.commitOf(repo, revision);
    Map<String, ServerRepo.Entry> files = new TreeMap<>(head.files());
    String title = "";
    String description = "";
    for (String line : new String(call.body(), StandardCharsets.UTF_8).split("\n")) {
      JsonNode item = ServerExchange.JSON.readTree(line);
      JsonNode value = item.get("value");
      switch (item.get("key").asText()) {
        case "header" -> {
          title = value.get("summary").asText();
          description = value.path("description").asText();
          String parent = value.path("parentCommit").asText("");
          if (!parent.isEmpty() && !parent.equals(head.id())) {
            call.refuse(412, "", "A commit has happened since. Please refresh and try again.");
          }
        }
        case "file" ->
            files.put(
                value.get("path").asText(),
                ServerRepo.regular(Base64.getDecoder().decode(value.get("content").asText())));
        case "lfsFile" -> {
          String sha256 = value.get("oid").asText();
          Path object = call.server.store.resolve(sha256);
          if (!Files.exists(object)) {
            call.refuse(400, "", "LFS pointer points to a file that does not exist");
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
        default -> call.refuse(400, "", "unknown operation " + item.get("key"));
      }
    }
    ServerRepo.Commit made = repo.commit(revision, title, description, files);
    if (call.fault != null && call.fault.kind() == Kind.CUT) {
      throw new ServerExchange.Refusal(); // The commit is there, and its sender does not know.
    }
    String web = repo.id.replaceFirst("^models/", "");
    call.json(
        200,
        Map.of(
            "success",
            true,
            "commitOid",
            made.id(),
            "commitUrl",
            call.server.endpoint() + "/" + web + "/commit/" + made.id()));
  }
}
