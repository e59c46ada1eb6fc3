// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.trainer4j.hub.Faults.Fault;
import dev.trainer4j.hub.Faults.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
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

  volatile boolean hanging;

  final Path store;
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
      route(new ServerExchange(this, exchange, fault, query == null ? "" : query), method, path);
    } catch (ServerExchange.Refusal e) {
      exchange.close();
    } catch (RuntimeException e) {
      e.printStackTrace();
      throw e;
    }
  }

  private static void route(ServerExchange call, String method, String path) throws IOException {
    String[] parts = path.substring(1).split("/");
    if (path.startsWith("/lfs/")) {
      new StorageCalls(call).run(method, parts);
    } else if (path.startsWith("/api/")) {
      new RepoCalls(call).run(parts);
    } else if (path.endsWith("/info/lfs/objects/batch")) {
      String id = path.substring(1, path.indexOf(".git/info"));
      new StorageCalls(call).batch(id.startsWith("datasets/") ? id : "models/" + id);
    } else if (parts.length < 4) {
      call.refuse(404, "", "no such page");
    } else {
      new FileCalls(call).resolve(method, parts);
    }
  }
}
