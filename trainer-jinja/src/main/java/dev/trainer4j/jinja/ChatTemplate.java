// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.time.Clock;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;

/**
 * A chat template: a Jinja template that makes the text for a model of a conversation, as Hugging Face's
 * tokenizers carry it.
 *
 * <pre>{@code
 * ChatTemplate template = ChatTemplate.compile(Files.readString(folder.resolve("chat_template.jinja")));
 * Rendered rendered =
 *     template.render(
 *         Map.of(
 *             "messages", List.of(Map.of("role", "user", "content", "Hello")),
 *             "add_generation_prompt", true));
 * }</pre>
 *
 * <p>It renders what {@code transformers} 5 renders with jinja2 3.1: the same text, the same errors, the
 * same places of {@code generation} blocks. Texts of the conversation are never read as templates. A
 * template comes from strangers: it sees copies of the values it is given, can call nothing of Java, and
 * ends within its {@link Limits}.
 *
 * <p>Immutable: compile once, and render from as many threads as there are.
 */
public final class ChatTemplate {

  private final Stmt[] body;
  private final Scope.Layout layout;
  private final Scope.Entry[] entries;
  private final Limits limits;
  private final Clock clock;

  private ChatTemplate(
      Stmt[] body, Scope.Layout layout, Scope.Entry[] entries, Limits limits, Clock clock) {
    this.body = body;
    this.layout = layout;
    this.entries = entries;
    this.limits = limits;
    this.clock = clock;
  }

  /**
   * Compiles a template with the default limits.
   *
   * @throws TemplateException if it is no template
   */
  public static ChatTemplate compile(String text) {
    return compile(text, Limits.defaults());
  }

  /**
   * Compiles a template.
   *
   * @param limits what a rendering may use up
   * @throws TemplateException if it is no template, or is longer than a value may be
   */
  public static ChatTemplate compile(String text, Limits limits) {
    if (text.length() > limits.valueSize()) {
      throw new TemplateException(
          1,
          "LimitError",
          "the template has "
              + text.length()
              + " characters, more than "
              + limits.valueSize()
              + " (limit 'valueSize')");
    }
    TokenStream stream = null;
    try {
      List<Token> tokens = Lexer.tokens(text);
      stream = TokenStream.over(tokens);
      stream.begin();
      Parser parser = new Parser(stream);
      List<Stmt> body = parser.template();
      Scope scope = Scope.root(parser.hasBlocks());
      Stmt.declare(scope, body);
      Stmt.resolve(scope, body);
      return new ChatTemplate(
          body.toArray(Stmt[]::new),
          scope.layout,
          scope.entries(),
          limits,
          Clock.system(ZoneId.systemDefault()));
    } catch (CompileError error) {
      throw new TemplateException(error.line, error.error.kind(), error.error.reason());
    } catch (PyError error) {
      throw new TemplateException(stream == null ? 1 : stream.line, error.kind(), error.reason());
    } catch (StackOverflowError tooDeep) {
      throw stackTooSmall(stream == null ? 1 : stream.line);
    }
  }

  private static TemplateException stackTooSmall(int line) {
    return new TemplateException(
        line,
        "RecursionError",
        "maximum recursion depth exceeded: the stack of this thread is too small for so deep a"
            + " template; give the thread more, or lower the limit 'depth'");
  }

  /** Returns this template with another clock for {@code strftime_now}; the system's by default. */
  public ChatTemplate withClock(Clock other) {
    return new ChatTemplate(body, layout, entries, limits, other);
  }

  /**
   * Renders the template.
   *
   * @param context the variables by name, such as {@code messages}, {@code tools}, {@code
   *     add_generation_prompt} and {@code bos_token}: texts, numbers, flags, null, and lists and maps of
   *     these
   * @throws TemplateException if the template fails or raises an exception, or a limit is reached
   */
  public Rendered render(Map<String, ?> context) {
    State state = new State(limits, clock, Conversion.context(context, limits));
    try {
      Frame frame = new Frame(state, layout.size(), null);
      Scope.enter(frame, entries);
      Stmt.run(frame, body);
      String text = state.text();
      return new Rendered(text, state.spans(text));
    } catch (PyError error) {
      throw new TemplateException(Math.max(1, state.line), error.kind(), error.reason());
    } catch (StackOverflowError tooDeep) {
      throw stackTooSmall(Math.max(1, state.line));
    }
  }
}
