// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Properties;

/**
 * What every report is made of: our template, style and script, and those of uPlot.
 *
 * @param template of Mustache
 * @param style of the page
 * @param script of the page
 * @param libraryStyle of uPlot
 * @param library uPlot itself
 * @param license of uPlot, which goes wherever it goes
 */
record ReportAssets(
    String template,
    String style,
    String script,
    String libraryStyle,
    String library,
    String license) {

  private static final String WEBJAR = "org.webjars.npm/uplot";

  static ReportAssets load() throws IOException {
    String uplot = "/META-INF/resources/webjars/uplot/" + uplotVersion() + "/";
    return new ReportAssets(
        read("report/report.html"),
        read("report/report.css"),
        read("report/report.js"),
        read(uplot + "dist/uPlot.min.css"),
        read(uplot + "dist/uPlot.iife.min.js"),
        read(uplot + "LICENSE"));
  }

  /**
   * Returns a policy under which the page runs our two scripts and no other, and can ask nobody for
   * anything.
   */
  String contentSecurityPolicy() {
    return "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src "
        + hash(library)
        + " "
        + hash(script);
  }

  private static String hash(String text) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
      return "'sha256-" + Base64.getEncoder().encodeToString(digest) + "'";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }

  /** The path in a WebJar holds its version, which whoever uses us may have changed. */
  private static String uplotVersion() throws IOException {
    Properties properties = new Properties();
    try (InputStream in = open("/META-INF/maven/" + WEBJAR + "/pom.properties")) {
      properties.load(in);
    }
    return properties.getProperty("version", "?");
  }

  private static String read(String name) throws IOException {
    try (InputStream in = open(name)) {
      // Browsers read a script with a carriage return otherwise than it was hashed.
      return new String(in.readAllBytes(), UTF_8).replace("\r\n", "\n");
    }
  }

  private static InputStream open(String name) throws IOException {
    InputStream in = ReportAssets.class.getResourceAsStream(name);
    if (in == null) {
      throw new IOException(
          name
              + " is missing on the class path; the report needs the Maven artifact"
              + " org.webjars.npm:uplot, which comes with trainer-callbacks unless it is excluded");
    }
    return in;
  }
}
