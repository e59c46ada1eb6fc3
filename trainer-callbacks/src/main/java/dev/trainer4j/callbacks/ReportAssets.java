// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What every report is made of: our template, style and script, and those of uPlot. The same for all
 * reports, so read, hashed and compiled once.
 *
 * @param template escapes everything but our own resources
 * @param comparison the template of the page that compares runs
 * @param contentSecurityPolicy under which the page runs our two scripts and no other, and can ask
 *     nobody for anything
 * @param style of the page
 * @param script of the page
 * @param libraryStyle of uPlot
 * @param library uPlot itself
 * @param license of uPlot, which goes wherever it goes
 */
record ReportAssets(
    PageTemplate template,
    PageTemplate comparison,
    String contentSecurityPolicy,
    String style,
    String script,
    String libraryStyle,
    String library,
    String license) {

  private static final String WEBJAR = "org.webjars.npm/uplot";

  private static @Nullable ReportAssets loaded;

  static synchronized ReportAssets get() throws IOException {
    ReportAssets assets = loaded;
    if (assets == null) {
      assets = load();
      loaded = assets;
    }
    return assets;
  }

  /** What the templates of both pages with curves ask for: a map to add the rest to. */
  Map<String, Object> valuesOfPage(String title, Instant written, String data) {
    Map<String, Object> values = new HashMap<>();
    values.put("title", title);
    values.put("policy", contentSecurityPolicy);
    values.put("license", license);
    values.put("libraryStyle", libraryStyle);
    values.put("style", style);
    values.put("library", library);
    values.put("script", script);
    values.put("data", data);
    values.put("written", written.truncatedTo(ChronoUnit.SECONDS).toString());
    return values;
  }

  private static ReportAssets load() throws IOException {
    String uplot = "/META-INF/resources/webjars/uplot/" + uplotVersion() + "/";
    String script = read("report/report.js");
    String library = read(uplot + "dist/uPlot.iife.min.js");
    return new ReportAssets(
        PageTemplate.parse(read("report/report.html")),
        PageTemplate.parse(read("report/comparison.html")),
        contentSecurityPolicy(library, script),
        read("report/report.css"),
        script,
        read(uplot + "dist/uPlot.min.css"),
        library,
        read(uplot + "LICENSE"));
  }

  private static String contentSecurityPolicy(String... scripts) {
    return "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src "
        + Arrays.stream(scripts).map(ReportAssets::hash).collect(Collectors.joining(" "));
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
