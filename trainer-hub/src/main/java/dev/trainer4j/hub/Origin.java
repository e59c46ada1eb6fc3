// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/** Who is spoken to: a token goes to one scheme, host and port, and nowhere else. */
record Origin(String scheme, String host, int port) {

  static Origin of(URI uri) {
    String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
    String host = String.valueOf(uri.getHost()).toLowerCase(Locale.ROOT);
    int usual = scheme.equals("https") ? 443 : 80;
    return new Origin(scheme, host, uri.getPort() < 0 ? usual : uri.getPort());
  }

  /**
   * Reads the address of a Hub.
   *
   * @param source the variable or setting that gives it, for the message
   * @throws IllegalArgumentException if it is none
   */
  static URI endpoint(String address, String source) {
    String text = address.strip();
    while (text.endsWith("/")) {
      text = text.substring(0, text.length() - 1);
    }
    try {
      URI uri = new URI(text);
      Origin origin = of(uri);
      boolean web = origin.scheme().equals("https") || origin.scheme().equals("http");
      if (web && uri.getHost() != null && uri.getUserInfo() == null && uri.getQuery() == null) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // Its message has the whole address, so it is no cause of ours.
      throw noEndpoint(source);
    }
    throw noEndpoint(source);
  }

  private static IllegalArgumentException noEndpoint(String source) {
    // It is not shown: somebody may have written a login into it.
    return new IllegalArgumentException(
        source
            + " is no address of a Hub; expected http or https, a host and no login, such as"
            + " https://huggingface.co");
  }
}
