// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.hub.HubException.Reason;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings large files into the Hub's storage by the Git LFS batch protocol: each in one piece or, as the Hub says, in parts, of which one
 * that breaks is sent again alone. What the storage has already is not sent.
 */
final class LargeFiles {
  private static final Logger LOGGER = LoggerFactory.getLogger(LargeFiles.class);
  private static final String LFS = "application/vnd.git-lfs+json";

  /** Storage hashes what it got before it answers. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final HubApi api;
  private final HubHttp http;

  LargeFiles(HubApi api) {
    this.api = api;
    http = api.http();
  }

  /** Hashes all, side by side. */
  void hash(List<UploadFile> files) throws IOException {
    List<Transfers.Transfer> hashes = new ArrayList<>();
    for (UploadFile file : files) {
      hashes.add(
          () -> {
            String unused = file.sha256();
          });
    }
    Transfers.run(hashes, Math.max(1, Runtime.getRuntime().availableProcessors() / 2));
  }

  void upload(List<UploadFile> files) throws IOException {
    if (files.isEmpty()) {
      return;
    }
    try {
      uploadOnce(files);
    } catch (ExpiredException e) {
      LOGGER.info("Asking the Hub for new addresses of its storage: {}", e.getMessage());
      uploadOnce(files);
    }
  }

  /** Addresses of storage are signed for some time. */
  private static final class ExpiredException extends IOException {
    private static final long serialVersionUID = 1L;

    ExpiredException(String message) {
      super(message);
    }
  }

  /** A file and what the Hub says how to send it. */
  private record Item(UploadFile file, JsonNode actions, Map<Integer, String> etags) {}

  private void uploadOnce(List<UploadFile> files) throws IOException {
    Map<String, UploadFile> byHash = new LinkedHashMap<>();
    for (UploadFile file : files) {
      byHash.put(file.sha256(), file);
    }
    List<Item> items = new ArrayList<>();
    List<UploadFile> different = List.copyOf(byHash.values());
    for (int from = 0; from < different.size(); from += HubApi.BATCH) {
      items.addAll(batch(HubApi.part(different, from), byHash));
    }
    long total = items.stream().mapToLong(item -> item.file().size()).sum();
    if (total == 0) {
      return;
    }
    String name = api.repo().toString();
    LOGGER.info("Uploading {} files, {}, to {}", items.size(), LoggingProgress.size(total), name);
    LoggingProgress log = new LoggingProgress("Uploading to " + name, total);
    List<Transfers.Transfer> puts = new ArrayList<>();
    for (Item item : items) {
      puts.addAll(puts(item, log));
    }
    int parallel = http.settings().parallel();
    Transfers.run(puts, parallel);
    Transfers.run(
        items.stream().<Transfers.Transfer>map(item -> () -> finish(item)).toList(), parallel);
  }

  private List<Item> batch(List<UploadFile> files, Map<String, UploadFile> byHash)
      throws IOException {
    List<Object> objects = new ArrayList<>();
    for (UploadFile file : files) {
      objects.add(Map.of("oid", file.sha256(), "size", file.size()));
    }
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("operation", "upload");
    body.put("transfers", List.of("basic", "multipart"));
    body.put("objects", objects);
    body.put("hash_algo", "sha256");
    Answer answer = api.lfsBatch(body);
    List<Item> items = new ArrayList<>();
    for (JsonNode object : answer.json().path("objects")) {
      UploadFile file = byHash.get(object.path("oid").asText());
      if (file == null) {
        throw answer.notOfAHub("it speaks of a file that was not asked for");
      }
      if (object.has("error")) {
        throw new HubException(
            Reason.REFUSED,
            "the Hub refuses '%s': %s"
                .formatted(
                    file.path(),
                    HubFileName.shown(
                        http.settings().scrub(object.path("error").path("message").asText()))));
      }
      if (object.path("actions").has("upload")) {
        items.add(new Item(file, object.get("actions"), new ConcurrentSkipListMap<>()));
      }
    }
    return items;
  }

  private List<Transfers.Transfer> puts(Item item, LoggingProgress log) throws HubException {
    JsonNode upload = item.actions().get("upload");
    JsonNode header = upload.path("header");
    UploadFile file = item.file();
    long size = file.size();
    if (!header.has("chunk_size")) {
      return List.of(() -> put(item, 0, size, address(upload.path("href").asText()), 0, log));
    }
    long chunk = header.get("chunk_size").asLong();
    long parts = chunk <= 0 ? 0 : (size + chunk - 1) / chunk;
    List<Transfers.Transfer> puts = new ArrayList<>();
    for (int i = 1; i <= parts; i++) {
      JsonNode part = header.get(String.valueOf(i));
      if (part == null) {
        parts = 0;
        break;
      }
      URI to = address(part.asText());
      long from = (i - 1) * chunk;
      int number = i;
      puts.add(() -> put(item, from, Math.min(chunk, size - from), to, number, log));
    }
    if (parts == 0) {
      throw new HubException(
          Reason.HOSTILE,
          "the Hub does not give an address for every part of '" + file.path() + "'");
    }
    return puts;
  }

  private void put(Item item, long from, long count, URI to, int part, LoggingProgress log)
      throws IOException {
    UploadFile file = item.file();
    LongConsumer told =
        done -> {
          log.note(file.path() + "#" + part, done);
          http.settings()
              .listener()
              .onProgress(api.repo().toString(), file.path(), from + done, file.size());
        };
    Content content = new Content(count, () -> file.open(from, count), told);
    Call call = new Call("PUT", to, Map.of(), content, false, PATIENCE);
    Answer answer = http.sendPatiently(call, api.errors().ofFile(file.path()));
    requireTaken(file, answer);
    if (part > 0) {
      item.etags()
          .put(
              part,
              answer
                  .header("etag")
                  .orElseThrow(() -> answer.notOfAHub("a part that was sent gets no etag")));
    }
  }

  private void requireTaken(UploadFile file, Answer answer) throws IOException {
    if (answer.status() == 403) {
      throw new ExpiredException(Call.shown(answer.uri()) + " answered 403");
    }
    if (!answer.isSuccess()) {
      throw new HubException(
          answer.status() >= 500 ? Reason.UNREACHABLE : Reason.REFUSED,
          "the storage of the Hub does not take '%s': %s answered %d%s"
              .formatted(
                  file.path(),
                  Call.shown(answer.uri()),
                  answer.status(),
                  answer
                      .header("x-error-message")
                      .map(m -> ", " + HubFileName.shown(m))
                      .orElse("")));
    }
  }

  private void finish(Item item) throws IOException {
    UploadFile file = item.file();
    if (!item.etags().isEmpty()) {
      List<Object> parts = new ArrayList<>();
      item.etags().forEach((number, etag) -> parts.add(Map.of("partNumber", number, "etag", etag)));
      URI to = address(item.actions().get("upload").path("href").asText());
      Call call =
          Call.post(to, Map.of("oid", file.sha256(), "parts", parts), PATIENCE)
              .withoutToken()
              .with("Content-Type", LFS)
              .with("Accept", LFS);
      requireTaken(file, http.sendPatiently(call, api.errors().ofFile(file.path())));
    }
    JsonNode verify = item.actions().path("verify");
    if (verify.has("href")) {
      URI to = address(verify.get("href").asText());
      Call call = Call.post(to, Map.of("oid", file.sha256(), "size", file.size()), PATIENCE);
      Answer answer = http.sendPatiently(call, api.errors().ofFile(file.path()));
      if (!answer.isSuccess()) {
        throw new HubException(
            Reason.DAMAGED,
            "'%s' did not arrive whole in the storage of the Hub; push again"
                .formatted(file.path()));
      }
    }
  }

  /** A mirror may hand on addresses of what it mirrors. */
  private URI address(String href) throws HubException {
    String usual = "https://huggingface.co/";
    String endpoint = http.settings().endpoint() + "/";
    String text =
        href.startsWith(usual) && !endpoint.equals(usual)
            ? endpoint + href.substring(usual.length())
            : href;
    try {
      URI uri = URI.create(text);
      String scheme = Origin.of(uri).scheme();
      boolean secure =
          scheme.equals("https")
              || (scheme.equals("http")
                  && Objects.equals(http.settings().endpoint().getScheme(), "http"));
      if (secure && uri.getHost() != null) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      throw badAddress();
    }
    throw badAddress();
  }

  private static HubException badAddress() {
    return new HubException(
        Reason.HOSTILE, "the Hub gives an address of its storage that is none of https");
  }
}
