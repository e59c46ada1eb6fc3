// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** What a fuzzer may throw bytes at: each fails by its own exception, or not at all. */
public final class FuzzTargets {

  private static final Limits LIMITS = new Limits(200_000, 100, 100_000, 1_000_000);

  private static final Map<String, Object> CONTEXT =
      Map.of(
          "messages",
          List.of(
              Map.of("role", "user", "content", "Hi 😀"),
              Map.of("role", "assistant", "content", List.of(Map.of("type", "text", "text", "x")))),
          "tools",
          List.of(Map.of("function", Map.of("name", "f", "parameters", Map.of("n", 1.5)))),
          "s",
          "a b",
          "n",
          7,
          "l",
          Arrays.asList(3, null, "x", true));

  private FuzzTargets() {}

  /** Bytes are a template. */
  public static final class Template {

    private Template() {}

    /** Compiles and renders. */
    public static void fuzzerTestOneInput(byte[] bytes) {
      try {
        ChatTemplate template =
            ChatTemplate.compile(new String(bytes, StandardCharsets.UTF_8), LIMITS);
        Rendered rendered = template.render(CONTEXT);
        for (Rendered.Span span : rendered.spans()) {
          if (span.begin() > span.end() || span.end() > rendered.text().length()) {
            throw new IllegalStateException("a span is outside of the text: " + span);
          }
        }
      } catch (TemplateException refused) {
        if (refused.reason().isEmpty() && !refused.kind().equals("TemplateError")) {
          throw new IllegalStateException("an error says nothing: " + refused, refused);
        }
      }
    }
  }

  /** Bytes are an expression, so that more of them get beyond the parser. */
  public static final class Expression {

    private Expression() {}

    /** Compiles and renders. */
    public static void fuzzerTestOneInput(byte[] bytes) {
      byte[] template =
          ("{{ " + new String(bytes, StandardCharsets.UTF_8) + " }}")
              .getBytes(StandardCharsets.UTF_8);
      Template.fuzzerTestOneInput(template);
    }
  }
}
