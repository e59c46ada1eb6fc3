// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The list of the files of a commit, which never changes, as Python keeps it: {@code trees/<commit>.json}. */
final class TreeCache {
  private static final Logger LOGGER = LoggerFactory.getLogger(TreeCache.class);
  private static final JsonMapper JSON = new JsonMapper();
  private static final int VERSION = 1;

  private TreeCache() {}

  /** Empty if there is none, or none that can be used. */
  static Optional<List<RepoFile>> read(Path file) {
    try {
      JsonNode root = JSON.readTree(Files.readAllBytes(file));
      if (root.path("format_version").asInt() != VERSION || !root.path("files").isObject()) {
        return Optional.empty();
      }
      List<RepoFile> files = new ArrayList<>();
      for (Map.Entry<String, JsonNode> entry : root.get("files").properties()) {
        JsonNode info = entry.getValue();
        files.add(
            new RepoFile(
                entry.getKey(),
                info.path("size").asLong(),
                info.path("blob_id").asText(),
                info.path("lfs_sha256").asText(null),
                info.path("xet_hash").asText(null)));
      }
      return Optional.of(files);
    } catch (IOException e) {
      if (Files.exists(file)) {
        LOGGER.warn("Asking the Hub for its list of files again, since {} is damaged.", file);
      }
      return Optional.empty();
    }
  }

  static void write(Path file, List<RepoFile> files) throws IOException {
    Map<String, Object> byName = new TreeMap<>();
    for (RepoFile each : files) {
      Map<String, Object> info = new LinkedHashMap<>();
      info.put("size", each.size());
      info.put("blob_id", each.blobId());
      if (each.sha256() != null) {
        info.put("lfs_sha256", each.sha256());
        info.put("lfs_size", each.size());
      }
      if (each.xetHash() != null) {
        info.put("xet_hash", each.xetHash());
      }
      byName.put(each.path(), info);
    }
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("format_version", VERSION);
    root.put("files", byName);
    HubCache.replace(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(root));
  }
}
