// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Where an MLflow server is. What an address has before an {@code @} is a login, as in MLflow's own clients: it is used, and neither sent
 * in an address nor printed.
 *
 * @param uri without a login
 * @param authorization value of the header that the login makes; null without one
 */
record TrackingAddress(URI uri, @Nullable String authorization) {

  static TrackingAddress parse(String text) {
    try {
      return of(new URI(text));
    } catch (URISyntaxException e) {
      // Without its cause, which quotes the text.
      throw new IllegalArgumentException(
          "the tracking URI is none: "
              + e.getReason()
              + " at index "
              + e.getIndex()
              + "; write special characters of a name or password as %XX, such as %40 for @");
    }
  }

  static TrackingAddress of(URI given) {
    String scheme = given.getScheme();
    if (!"http".equals(scheme) && !"https".equals(scheme)) {
      throw new IllegalArgumentException(
          "the tracking URI must begin with http:// or https://, but is "
              + withoutLogin(given)
              + "; a folder of runs needs a server in front of it: mlflow server"
              + " --backend-store-uri FOLDER");
    }
    if (given.getHost() == null) {
      throw new IllegalArgumentException(
          "the tracking URI "
              + withoutLogin(given)
              + " has no host that can be called: a host name has letters, digits, dashes and dots, no"
              + " underscore, and special characters of a name or password before it are written as"
              + " %XX");
    }
    if (given.getRawQuery() != null || given.getRawFragment() != null) {
      throw new IllegalArgumentException(
          "the tracking URI of "
              + given.getHost()
              + " must end with its path, without what follows a ? or #");
    }
    if (given.getPort() > 65535) {
      throw new IllegalArgumentException(
          "the tracking URI of "
              + given.getHost()
              + " has the port "
              + given.getPort()
              + ", above 65535");
    }
    String port = given.getPort() < 0 ? "" : ":" + given.getPort();
    URI bare = URI.create(scheme + "://" + given.getHost() + port + given.getRawPath());
    return new TrackingAddress(bare, login(given));
  }

  /** Percent signs are decoded after the cut, so that a name may have a colon. */
  private static @Nullable String login(URI given) {
    String raw = given.getRawUserInfo();
    if (raw == null) {
      return null;
    }
    int colon = raw.indexOf(':');
    if (colon < 0) {
      throw new IllegalArgumentException(
          "the tracking URI of "
              + given.getHost()
              + " has a name before the @ and no password: write name:password@, or take both away");
    }
    return basic(decoded(raw.substring(0, colon)), decoded(raw.substring(colon + 1)));
  }

  private static String decoded(String raw) {
    return URLDecoder.decode(raw.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  static String basic(String user, String password) {
    byte[] pair = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
    return "Basic " + Base64.getEncoder().encodeToString(pair);
  }

  /** An address of another kind may have a login as well. */
  private static String withoutLogin(URI uri) {
    return uri.toString().replaceFirst(":.*@", "://");
  }
}
