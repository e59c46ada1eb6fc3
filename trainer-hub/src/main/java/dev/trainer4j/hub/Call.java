// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One request, which may be sent several times.
 *
 * @param headers beside those that every request has
 * @param content what is sent; null for nothing
 * @param authorized whether the token may go with it, if the server is the Hub
 * @param patience the longest silence of the server
 */
record Call(
    String method,
    URI uri,
    Map<String, String> headers,
    @Nullable Content content,
    boolean authorized,
    Duration patience) {

  private static final JsonMapper JSON = new JsonMapper();

  static Call get(URI uri, Duration patience) {
    return new Call("GET", uri, Map.of(), null, true, patience);
  }

  static Call head(URI uri, Duration patience) {
    return new Call("HEAD", uri, Map.of(), null, true, patience);
  }

  static Call post(URI uri, Object json, Duration patience) {
    return new Call("POST", uri, Map.of(), Content.of(bytes(json)), true, patience)
        .with("Content-Type", "application/json");
  }

  static byte[] bytes(Object json) {
    try {
      return JSON.writeValueAsBytes(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("maps, lists and texts can be written", e);
    }
  }

  Call with(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new Call(method, uri, more, content, authorized, patience);
  }

  Call at(URI other) {
    return new Call(method, other, headers, content, authorized, patience);
  }

  Call withoutToken() {
    return new Call(method, uri, headers, content, false, patience);
  }

  /** For messages: addresses of storage hold signatures behind the question mark. */
  String shown() {
    return method + " " + shown(uri);
  }

  static String shown(URI uri) {
    String port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
    return HubFileName.shown(uri.getScheme() + "://" + uri.getHost() + port + uri.getPath());
  }
}
