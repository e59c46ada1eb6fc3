// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The list of files that makes a folder a checkpoint; written last, so that its presence means that
 * everything else was there.
 *
 * @param libraryVersion the version that wrote it, for people
 * @param step the step of the checkpoint
 * @param files every other file, by name
 */
record Manifest(String libraryVersion, long step, List<Entry> files) {
  static final String FILE_NAME = "manifest.json";

  private static final int FORMAT_VERSION = 1;

  /** Tens of thousands of files; a longer manifest is not ours. */
  private static final long MAX_LENGTH = 4L << 20;

  private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");

  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder().disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES).build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /**
   * A file of the checkpoint.
   *
   * @param name relative to the folder, with forward slashes
   * @param size in bytes
   * @param sha256 64 lower-case hexadecimal digits
   */
  record Entry(String name, long size, String sha256) {}

  Manifest {
    files = List.copyOf(files);
  }

  static String libraryVersion(Class<?> type) {
    String version = type.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  byte[] toJson() {
    ObjectNode root = JSON.createObjectNode();
    root.put("format_version", FORMAT_VERSION);
    root.put("library_version", libraryVersion);
    root.put("step", step);
    ArrayNode list = root.putArray("files");
    for (Entry file : files) {
      list.addObject()
          .put("name", file.name())
          .put("size", file.size())
          .put("sha256", file.sha256());
    }
    return (root.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8);
  }

  /** Reads the manifest of a folder, which must be there. */
  static Manifest read(Path folder) throws IOException {
    Path file = folder.resolve(FILE_NAME);
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new CheckpointException(FILE_NAME + " is not a regular file");
    }
    if (Files.size(file) > MAX_LENGTH) {
      throw new CheckpointException(FILE_NAME + " is absurdly long");
    }
    return parse(Files.readAllBytes(file));
  }

  static Manifest parse(byte[] json) throws CheckpointException {
    JsonNode root;
    try {
      root = JSON.readTree(json);
    } catch (IOException e) {
      throw new CheckpointException(FILE_NAME + " is not valid JSON: " + reason(e), e);
    }
    if (!root.isObject()) {
      throw new CheckpointException(FILE_NAME + " is not a JSON object");
    }
    long version = number(root, "format_version");
    if (version != FORMAT_VERSION) {
      throw new CheckpointException(
          "%s has format version %d, this library reads %d; was it written by a newer one?"
              .formatted(FILE_NAME, version, FORMAT_VERSION));
    }
    JsonNode list = root.path("files");
    if (!list.isArray() || list.isEmpty()) {
      throw new CheckpointException(FILE_NAME + " lists no files");
    }
    List<Entry> files = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (JsonNode entry : list) {
      Entry file = entry(entry);
      if (!names.add(file.name())) {
        throw new CheckpointException(FILE_NAME + " lists " + Quoted.of(file.name()) + " twice");
      }
      files.add(file);
    }
    return new Manifest(text(root, "library_version"), number(root, "step"), files);
  }

  private static Entry entry(JsonNode node) throws CheckpointException {
    String name = text(node, "name");
    if (!isSafe(name)) {
      throw new CheckpointException(
          FILE_NAME + " lists " + Quoted.of(name) + ", which is not a name inside the folder");
    }
    String sha256 = text(node, "sha256");
    if (!SHA_256.matcher(sha256).matches()) {
      throw new CheckpointException(
          FILE_NAME + " has no SHA-256 of " + Quoted.of(name) + ", but " + Quoted.of(sha256));
    }
    return new Entry(name, number(node, "size"), sha256);
  }

  /** Plain names joined by slashes: no way up, no root, no drive, nothing that Windows reads anew. */
  private static boolean isSafe(String name) {
    if (name.chars().anyMatch(c -> c == '\\' || c == ':' || Character.isISOControl(c))) {
      return false;
    }
    for (String part : name.split("/", -1)) {
      if (part.isEmpty() || part.equals(".") || part.equals("..")) {
        return false;
      }
    }
    try {
      return !Path.of(name).isAbsolute() && !name.equals(FILE_NAME);
    } catch (InvalidPathException e) {
      return false; // Half a surrogate pair, or what this platform's encoding lacks.
    }
  }

  private static String text(JsonNode node, String member) throws CheckpointException {
    JsonNode value = node.path(member);
    if (!value.isTextual()) {
      throw new CheckpointException(FILE_NAME + ": " + member + " is missing or not a text");
    }
    return value.textValue();
  }

  private static long number(JsonNode node, String member) throws CheckpointException {
    JsonNode value = node.path(member);
    if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
      throw new CheckpointException(
          FILE_NAME + ": " + member + " is missing or not a whole number from 0");
    }
    return value.longValue();
  }

  /** The first line: the others point into the source, which no reader has before them. */
  private static String reason(IOException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }
}
